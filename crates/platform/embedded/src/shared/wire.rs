//! Connects an SDK client to an engine without a socket.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use http::StatusCode;

/// Makes an engine usable as the `http_client` of an SDK config. The engine must have an
/// `async fn serve(self, HttpRequest) -> Result<HttpResponse, ConnectorError>`.
macro_rules! http_client {
    ($engine:ty) => {
        impl ::aws_smithy_runtime_api::client::http::HttpConnector for $engine {
            fn call(
                &self,
                request: ::aws_smithy_runtime_api::client::orchestrator::HttpRequest,
            ) -> ::aws_smithy_runtime_api::client::http::HttpConnectorFuture {
                ::aws_smithy_runtime_api::client::http::HttpConnectorFuture::new(self.clone().serve(request))
            }
        }

        impl ::aws_smithy_runtime_api::client::http::HttpClient for $engine {
            fn http_connector(
                &self,
                _: &::aws_smithy_runtime_api::client::http::HttpConnectorSettings,
                _: &::aws_smithy_runtime_api::client::runtime_components::RuntimeComponents,
            ) -> ::aws_smithy_runtime_api::client::http::SharedHttpConnector {
                ::aws_smithy_runtime_api::client::http::SharedHttpConnector::new(self.clone())
            }
        }
    };
}
pub(crate) use http_client;

/// The operation of an AWS JSON request: the part after the dot in `X-Amz-Target: Service_20120810.Operation`. Empty if
/// there is none; no engine has an operation with an empty name.
pub(crate) fn operation(request: &HttpRequest) -> String {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target.rsplit_once('.').map_or("", |(_, operation)| operation).to_owned()
}

/// The body of a JSON request. The SDK keeps such bodies in memory, not as a stream.
pub(crate) fn body(request: &HttpRequest) -> &[u8] {
    match request.body().bytes() {
        None | Some([]) => b"{}",
        Some(bytes) => bytes,
    }
}

/// Builds a response of an AWS JSON service.
pub(crate) fn json(status: StatusCode, protocol: Protocol, body: String) -> HttpResponse {
    let mut response = HttpResponse::new(status.into(), SdkBody::from(body));
    let content_type = match protocol {
        Protocol::Json10 => "application/x-amz-json-1.0",
        Protocol::Json11 => "application/x-amz-json-1.1",
    };
    response.headers_mut().insert("content-type", content_type);
    response
}

/// The protocols of the JSON services. They differ only in the content type.
pub(crate) enum Protocol {
    /// Used by DynamoDB and SQS.
    Json10,
    /// Used by KMS.
    Json11,
}
