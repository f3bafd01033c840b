# faultline as a CloudFormation stack that Terraform or OpenTofu manages. The template and the functions are those of the folder
# that this module is in.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "bucket" {
  description = "An existing S3 bucket in the same region, for the template and the functions"
  type        = string
}

variable "name" {
  description = "The name of the stack"
  type        = string
  default     = "faultline"
}

variable "parameters" {
  description = "Parameters of the template by their names. AdminKeySha256 is required: the SHA-256 of your admin key, in hexadecimal"
  type        = map(string)
}

variable "folder" {
  description = "The unpacked folder of the release [default: the one that this module is in]"
  type        = string
  default     = null
}

locals {
  folder = coalesce(var.folder, abspath("${path.module}/.."))
  # A new release has other keys, so that its functions are deployed and the ones before it stay for a rollback.
  prefix   = "${var.name}/${substr(filesha256("${local.folder}/SHA256SUMS"), 0, 16)}"
  template = replace(file("${local.folder}/template.yaml"), "/CodeUri: ([a-z]+)[.]zip/", "CodeUri: s3://${var.bucket}/${local.prefix}/$1.zip")
}

data "aws_s3_bucket" "code" {
  bucket = var.bucket
}

resource "aws_s3_object" "function" {
  for_each    = fileset(local.folder, "*.zip")
  bucket      = var.bucket
  key         = "${local.prefix}/${each.value}"
  source      = "${local.folder}/${each.value}"
  source_hash = filesha256("${local.folder}/${each.value}")
}

resource "aws_s3_object" "template" {
  bucket  = var.bucket
  key     = "${local.prefix}/template.yaml"
  content = local.template
}

resource "aws_cloudformation_stack" "this" {
  name         = var.name
  template_url = "https://${data.aws_s3_bucket.code.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  parameters   = var.parameters
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  depends_on   = [aws_s3_object.function]
}

output "outputs" {
  description = "The outputs of the stack, Url among them"
  value       = aws_cloudformation_stack.this.outputs
}
