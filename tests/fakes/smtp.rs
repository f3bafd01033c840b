//! A server that takes email by SMTP (RFC 5321), with TLS from the start, by STARTTLS, or without.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// How the server uses TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    Implicit,
    StartTls,
    /// The server offers none.
    None,
}

/// An email that the server accepted.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body, with lines as they were sent.
    pub text: String,
    /// The argument of `AUTH PLAIN`, in base64.
    pub login: Option<String>,
    /// Whether it came over TLS.
    pub is_encrypted: bool,
}

impl Mail {
    /// Returns the value of a header on one line, or an empty text if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let lines = head.split("\r\n");
        lines.filter_map(|line| line.split_once(": ")).find(|(own, _)| *own == name).map_or("", |(_, value)| value)
    }
}

type Reply = Box<dyn Fn(&str) -> Option<&'static str> + Send + Sync>;

struct SmtpState {
    reply: Reply,
    tls: SmtpTls,
    acceptor: TlsAcceptor,
    received: Mutex<Vec<Mail>>,
}

/// A server on loopback.
pub struct SmtpServer {
    address: SocketAddr,
    state: Arc<SmtpState>,
    /// The certificate that the server shows, for `localhost`, in PEM.
    pub certificate: String,
}

impl SmtpServer {
    /// Starts a server. `reply` may answer a command line instead of the server, for example with
    /// `550 5.1.1 no such user`.
    pub async fn start(tls: SmtpTls, reply: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(SmtpState { reply: Box::new(reply), tls, acceptor, received: Mutex::default() });
        let serving = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = serving.clone();
                // A client may go away in the middle.
                tokio::spawn(async move { drop(serve(&state, stream).await) });
            }
        });
        Self { address, state, certificate: cert.pem() }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the emails that the server accepted.
    pub fn received(&self) -> Vec<Mail> {
        self.state.received.lock().unwrap().clone()
    }
}

async fn serve(state: &SmtpState, stream: TcpStream) -> std::io::Result<()> {
    if state.tls == SmtpTls::Implicit {
        let stream = state.acceptor.accept(stream).await?;
        return talk(state, BufReader::new(stream), true).await.map(drop);
    }
    let left = talk(state, BufReader::new(stream), false).await?;
    let Some(stream) = left else { return Ok(()) };
    let stream = state.acceptor.accept(stream.into_inner()).await?;
    talk(state, BufReader::new(stream), true).await.map(drop)
}

/// Answers commands until the client quits, or until it asks for TLS: then the connection is returned.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    state: &SmtpState,
    mut stream: BufReader<S>,
    is_encrypted: bool,
) -> std::io::Result<Option<BufReader<S>>> {
    let upgraded = is_encrypted && state.tls == SmtpTls::StartTls;
    if !upgraded {
        stream.write_all(b"220 fake ESMTP\r\n").await?;
    }
    let mut mail = Mail { is_encrypted, ..Mail::default() };
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        let verb = line.split(' ').next().unwrap().to_uppercase();
        let argument = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let planned = (state.reply)(line);
        let answer = match (planned, verb.as_str()) {
            (Some(planned), _) => planned,
            (None, "EHLO") if state.tls == SmtpTls::StartTls && !is_encrypted => {
                "250-fake\r\n250-STARTTLS\r\n250 8BITMIME"
            }
            (None, "EHLO") => "250-fake\r\n250-AUTH PLAIN\r\n250 8BITMIME",
            (None, "AUTH") => {
                mail.login = line.split(' ').nth(2).map(str::to_owned);
                "235 2.7.0 accepted"
            }
            (None, "MAIL") => {
                mail.from = argument();
                "250 2.1.0 ok"
            }
            (None, "RCPT") => {
                mail.to.push(argument());
                "250 2.1.5 ok"
            }
            (None, "DATA") => "354 go ahead",
            (None, "STARTTLS") => "220 2.0.0 ready",
            (None, "QUIT") => "221 2.0.0 bye",
            _ => "502 5.5.2 unknown command",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        match (verb.as_str(), answer.as_bytes()[0]) {
            ("STARTTLS", b'2') => return Ok(Some(stream)),
            ("QUIT", _) => return Ok(None),
            ("DATA", b'3') => {
                mail.text = data(&mut stream).await?;
                state.received.lock().unwrap().push(mail.clone());
                stream.write_all(b"250 2.0.0 queued\r\n").await?;
            }
            _ => {}
        }
    }
}

/// Reads a message to the line with a full stop, and removes the doubled ones (RFC 5321, section 4.5.2).
async fn data<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
