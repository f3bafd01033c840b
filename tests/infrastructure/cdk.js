// Checks the CDK stack. usage: cdk.js WORK. See README.md.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const cdk = require('aws-cdk-lib');
const yaml = require('js-yaml');

const work = process.argv[2];
const folder = path.join(work, 'faultline');
const { FaultlineStack } = require(path.join(folder, 'cdk'));
const parameters = { AdminKeySha256: 'a'.repeat(64), RetentionDays: 30 };

/** The template as js-yaml reads it. */
function expected() {
  const types = ['scalar', 'sequence', 'mapping'].flatMap((kind) =>
    ['And', 'Condition', 'Equals', 'FindInMap', 'GetAtt', 'If', 'Join', 'Not', 'Or', 'Ref', 'Select', 'Split', 'Sub'].map((name) =>
      new yaml.Type(`!${name}`, {
        kind,
        construct: (value) => {
          if (name === 'Ref' || name === 'Condition') return { [name]: value };
          if (name === 'GetAtt' && kind === 'scalar') return { 'Fn::GetAtt': value.split(/\.(.*)/, 2) };
          return { [`Fn::${name}`]: value };
        },
      })));
  const schema = yaml.CORE_SCHEMA.extend(types);
  return yaml.load(fs.readFileSync(path.join(folder, 'template.yaml'), 'utf8'), { schema });
}

function synthesised(parameters) {
  const outdir = fs.mkdtempSync(path.join(work, 'cdk-'));
  const app = new cdk.App({ outdir, analyticsReporting: false, postCliContext: {} });
  new FaultlineStack(app, 'Errors', { parameters });
  app.synth();
  return JSON.parse(fs.readFileSync(path.join(outdir, 'Errors.template.json'), 'utf8'));
}

const wanted = expected();
const made = synthesised(parameters);
const plain = (value) => JSON.parse(JSON.stringify(value));
const others = ['AWSTemplateFormatVersion', 'Transform', 'Description', 'Metadata', 'Parameters', 'Resources'];
for (const section of Object.keys(wanted).filter((section) => !others.includes(section))) {
  // CDK adds a rule and a parameter of its own.
  for (const [name, value] of Object.entries(plain(wanted[section]))) assert.deepEqual(made[section][name], value, name);
}
assert.equal(made.Transform, wanted.Transform);
for (const [name, parameter] of Object.entries(plain(wanted.Parameters))) {
  if (parameters[name] !== undefined) parameter.Default = String(parameters[name]);
  assert.deepEqual(made.Parameters[name], parameter, name);
}
let functions = 0;
for (const [name, resource] of Object.entries(plain(wanted.Resources))) {
  const own = made.Resources[name];
  if (typeof resource.Properties?.CodeUri === 'string') {
    functions += 1;
    assert.match(own.Properties.CodeUri.Key, /^[0-9a-f]{64}\.zip$/, name);
    delete own.Properties.CodeUri;
    delete resource.Properties.CodeUri;
  }
  assert.deepEqual(own, resource, name);
}
assert.equal(functions, 6);
assert.equal(made.Resources.QueryFunction.Type, 'AWS::Serverless::Function');
assert.throws(() => synthesised({}), /the parameter AdminKeySha256 is missing/);
assert.throws(() => synthesised({ ...parameters, RetentionDay: 3 }), /no parameter RetentionDay/);
console.log(`right: the stack has ${Object.keys(wanted.Resources).length} resources, as the template`);
