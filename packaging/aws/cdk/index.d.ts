import { Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface FaultlineStackProps extends StackProps {
  /**
   * Parameters of the template by their names. `AdminKeySha256` is required: the SHA-256 of your admin key, in hexadecimal.
   * All are described in the book, under Configuration.
   */
  readonly parameters: Record<string, string | number>;
  /** The unpacked folder of the release [default: the one that this package is in]. */
  readonly folder?: string;
}

/**
 * A stack of its own with faultline. Throws an error that names a parameter which is missing or unknown. The stack has the outputs
 * of the template, `Url` among them.
 */
export declare class FaultlineStack extends Stack {
  constructor(scope: Construct, id: string, props: FaultlineStackProps);
}
