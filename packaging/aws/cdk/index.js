// A CDK stack of faultline. The template and the functions are those of the folder that this file is in.

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const cdk = require('aws-cdk-lib');
const { Asset } = require('aws-cdk-lib/aws-s3-assets');
const YAML = require('yaml');

/** The short forms of CloudFormation's functions, such as `!Sub`, as the long ones. */
const FUNCTIONS = ['And', 'Condition', 'Equals', 'FindInMap', 'GetAtt', 'If', 'Join', 'Not', 'Or', 'Ref', 'Select', 'Split', 'Sub'];

function longForm(name, value) {
  if (name === 'Ref' || name === 'Condition') return { [name]: value };
  if (name === 'GetAtt' && typeof value === 'string') {
    const dot = value.indexOf('.');
    return { 'Fn::GetAtt': [value.slice(0, dot), value.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: value };
}

const customTags = FUNCTIONS.flatMap((name) => {
  const tag = `!${name}`;
  return [
    { tag, resolve: (text) => longForm(name, text) },
    { tag, collection: 'seq', resolve: (seq) => new Later(name, seq) },
    { tag, collection: 'map', resolve: (map) => new Later(name, map) },
  ];
});

/** A function whose argument is a collection, until the whole document is read. */
class Later extends YAML.YAMLMap {
  constructor(name, argument) {
    super();
    const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
    this.add(new YAML.Pair(new YAML.Scalar(key), argument));
  }
}

function readTemplate(file) {
  return YAML.parse(fs.readFileSync(file, 'utf8'), { customTags, maxAliasCount: -1 });
}

/** The template as a part of the stack, unchanged: CDK cannot parse what SAM adds to CloudFormation. */
class Fragment extends cdk.CfnElement {
  constructor(scope, id, template) {
    super(scope, id);
    this.template = template;
  }

  _toCloudFormation() {
    return this.template;
  }
}

/** See index.d.ts. */
class FaultlineStack extends cdk.Stack {
  constructor(scope, id, props) {
    const { parameters, folder = path.dirname(__dirname), ...rest } = props;
    super(scope, id, rest);
    const { AWSTemplateFormatVersion, Transform, Description, Metadata, ...template } =
      readTemplate(path.join(folder, 'template.yaml'));
    this.addTransform(Transform);
    this.templateOptions.description = props.description ?? Description;
    const given = { ...parameters };
    for (const [name, parameter] of Object.entries(template.Parameters)) {
      if (given[name] !== undefined) parameter.Default = String(given[name]);
      else if (parameter.Default === undefined) throw new Error(`the parameter ${name} is missing: add it to \`parameters\``);
      delete given[name];
    }
    const [unknown] = Object.keys(given);
    if (unknown) throw new Error(`the template has no parameter ${unknown}`);
    for (const resource of Object.values(template.Resources)) {
      const code = resource.Properties?.CodeUri;
      if (typeof code !== 'string') continue;
      const asset = this.node.tryFindChild(code) ?? new Asset(this, code, { path: path.join(folder, code) });
      resource.Properties.CodeUri = { Bucket: asset.s3BucketName, Key: asset.s3ObjectKey };
    }
    new Fragment(this, 'Template', template);
  }
}

module.exports = { FaultlineStack };
