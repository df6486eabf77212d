//! Requests and streams go through the same proxy, or past it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::SystemTime,
};

use schema::UnixMs;
use script::{any_event, config, symbol, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use venue::{
    Exchange, MarketEvent, ProxyRules,
    bybit::Bybit,
    sim::{SimConfig, SimServer},
};

/// The user and the password that a proxy wants.
type Login = Option<(&'static str, &'static str)>;

/// A proxy on loopback that counts what goes through it.
struct Double {
    addr: SocketAddr,
    tunnels: Arc<AtomicUsize>,
    forwarded: Arc<AtomicUsize>,
}

impl Double {
    async fn http(login: Login) -> Self {
        Self::start(move |stream, tunnels, forwarded| serve_http(stream, login, tunnels, forwarded)).await
    }

    async fn socks(login: Login) -> Self {
        Self::start(move |stream, tunnels, _| serve_socks(stream, login, tunnels)).await
    }

    async fn start<F>(serve: impl Fn(TcpStream, Arc<AtomicUsize>, Arc<AtomicUsize>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (tunnels, forwarded) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let double = Self {
            addr: listener.local_addr().unwrap(),
            tunnels: Arc::clone(&tunnels),
            forwarded: Arc::clone(&forwarded),
        };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&tunnels), Arc::clone(&forwarded)));
            }
        });
        double
    }

    fn counts(&self) -> (usize, usize) {
        (self.tunnels.load(Relaxed), self.forwarded.load(Relaxed))
    }
}

/// Serves `CONNECT`, and requests with a whole address, which is how plain HTTP goes through a proxy.
async fn serve_http(
    mut client: TcpStream,
    login: Login,
    tunnels: Arc<AtomicUsize>,
    forwarded: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8(head.clone()).unwrap();
    let right = login.is_none_or(|(user, password)| {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        let token = BASE64_STANDARD.encode(format!("{user}:{password}"));
        text.to_ascii_lowercase().contains(&format!("proxy-authorization: basic {}", token.to_ascii_lowercase()))
    });
    if !right {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await;
    }
    let mut words = text.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    if method == "CONNECT" {
        let mut server = TcpStream::connect(target).await?;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        tunnels.fetch_add(1, Relaxed);
        copy_bidirectional(&mut client, &mut server).await?;
    } else {
        let host = target.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let mut server = TcpStream::connect(host).await?;
        forwarded.fetch_add(1, Relaxed);
        server.write_all(&head).await?;
        copy_bidirectional(&mut client, &mut server).await?;
    }
    Ok(())
}

async fn serve_socks(mut client: TcpStream, login: Login, tunnels: Arc<AtomicUsize>) -> std::io::Result<()> {
    assert_eq!(client.read_u8().await?, 5);
    let mut methods = vec![0; client.read_u8().await?.into()];
    client.read_exact(&mut methods).await?;
    let method = if login.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return client.write_all(&[5, 0xff]).await;
    }
    client.write_all(&[5, method]).await?;
    if let Some((user, password)) = login {
        assert_eq!(client.read_u8().await?, 1);
        let mut received = Vec::new();
        for _ in 0..2 {
            let mut text = vec![0; client.read_u8().await?.into()];
            client.read_exact(&mut text).await?;
            received.push(String::from_utf8(text).unwrap());
        }
        let right = received == [user, password];
        client.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Ok(());
        }
    }
    let mut head = [0; 4];
    client.read_exact(&mut head).await?;
    assert_eq!(head[..3], [5, 1, 0]);
    let host = match head[3] {
        1 => std::net::Ipv4Addr::from(client.read_u32().await?).to_string(),
        3 => {
            let mut name = vec![0; client.read_u8().await?.into()];
            client.read_exact(&mut name).await?;
            String::from_utf8(name).unwrap()
        }
        other => panic!("address of type {other}"),
    };
    let mut server = TcpStream::connect((host.as_str(), client.read_u16().await?)).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    tunnels.fetch_add(1, Relaxed);
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn rules(vars: &[(&str, String)]) -> ProxyRules {
    let vars: Vec<_> = vars.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    ProxyRules::from_vars(|name| vars.iter().find(|(named, _)| named == name).map(|(_, value)| value.clone()))
}

/// A simulated exchange, and where it is.
async fn exchange() -> SocketAddr {
    venue::install_crypto_provider();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let sim = SimConfig { symbols: 2, ..SimConfig::new(UnixMs(i64::try_from(now).unwrap())) };
    let server = tokio::task::spawn_blocking(|| SimServer::bind(sim, "127.0.0.1:0".parse().unwrap()));
    let server = server.await.unwrap().unwrap();
    let addr = server.addr();
    tokio::spawn(server.run(std::future::pending()));
    addr
}

fn adapter(exchange: SocketAddr, proxies: ProxyRules) -> Bybit {
    let mut config = config(exchange, exchange);
    config.proxies = proxies;
    Bybit::new(config).unwrap()
}

/// Asks for the tickers and watches a contract until a message about it comes.
async fn use_both(bybit: &Bybit) {
    assert!(!within("the tickers", bybit.tickers()).await.unwrap().is_empty());
    let (sender, mut events) = mpsc::channel(1_024);
    let _watch = bybit.watch(vec![symbol("BTCUSDT")], sender);
    within("a ticker", async { while !matches!(any_event(&mut events).await, MarketEvent::Ticker { .. }) {} }).await;
}

/// Why no request and no stream came about.
async fn causes(bybit: &Bybit) -> [String; 2] {
    let request = within("the failure", bybit.tickers()).await.unwrap_err().plain();
    let (sender, mut events) = mpsc::channel(64);
    let _watch = bybit.watch(vec![symbol("BTCUSDT")], sender);
    match any_event(&mut events).await {
        MarketEvent::Lost { cause, .. } => [request, cause],
        other => panic!("not lost: {other:?}"),
    }
}

#[tokio::test]
async fn requests_and_streams_go_through_an_http_proxy() {
    let (exchange, proxy) = (exchange().await, Double::http(Some(("me", "p@ss:word"))).await);
    let url = format!("http://me:p%40ss%3Aword@{}", proxy.addr);
    use_both(&adapter(exchange, rules(&[("HTTP_PROXY", url)]).with_loopback())).await;
    let (tunnels, forwarded) = proxy.counts();
    assert!(tunnels == 1 && forwarded >= 1, "{tunnels} tunnels, {forwarded} forwarded");
}

#[tokio::test]
async fn requests_and_streams_go_through_a_socks_proxy() {
    for (scheme, login) in [("socks5", None), ("socks5h", Some(("me", "p@ss:word")))] {
        let (exchange, proxy) = (exchange().await, Double::socks(login).await);
        let user = if login.is_some() { "me:p%40ss%3Aword@" } else { "" };
        let url = format!("{scheme}://{user}{}", proxy.addr);
        use_both(&adapter(exchange, rules(&[("all_proxy", url)]).with_loopback())).await;
        assert!(proxy.counts().0 >= 2, "{:?}", proxy.counts());
    }
}

#[tokio::test]
async fn a_host_of_no_proxy_and_this_machine_are_reached_directly() {
    let (exchange, proxy) = (exchange().await, Double::http(None).await);
    let all = ("ALL_PROXY", format!("http://{}", proxy.addr));
    for proxies in [
        rules(&[all.clone(), ("NO_PROXY", "127.0.0.0/8".to_owned())]).with_loopback(),
        rules(&[all.clone(), ("no_proxy", format!("x.test,127.0.0.1:{}", exchange.port()))]).with_loopback(),
        rules(std::slice::from_ref(&all)),
    ] {
        use_both(&adapter(exchange, proxies)).await;
    }
    assert_eq!(proxy.counts(), (0, 0));
}

#[tokio::test]
async fn a_wrong_password_is_named_for_requests_and_streams() {
    let exchange = exchange().await;
    let (http, socks) = (Double::http(Some(("me", "right"))).await, Double::socks(Some(("me", "right"))).await);
    for (scheme, proxy, words) in
        [("http", &http, "refused: 407"), ("socks5h", &socks, "refused: wrong user or password")]
    {
        let url = format!("{scheme}://me:wrong@{}", proxy.addr);
        let expected = format!("no connection (the proxy {scheme}://{} {words})", proxy.addr);
        let causes = causes(&adapter(exchange, rules(&[("ALL_PROXY", url)]).with_loopback())).await;
        assert_eq!(causes, [expected.clone(), expected]);
        assert_eq!(proxy.counts(), (0, 0));
    }
}

#[tokio::test]
async fn an_encrypted_request_names_the_proxy_that_refuses_it() {
    venue::install_crypto_provider();
    let proxy = Double::http(Some(("me", "right"))).await;
    let mut config = config(proxy.addr, proxy.addr);
    (config.rest_url, config.ws_url) = ("https://exchange.test".to_owned(), "wss://exchange.test/v5".to_owned());
    config.proxies = rules(&[("HTTPS_PROXY", format!("me:wrong@{}", proxy.addr))]);
    let expected = format!("no connection (the proxy http://{} refused: 407)", proxy.addr);
    assert_eq!(causes(&Bybit::new(config).unwrap()).await, [expected.clone(), expected]);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let exchange = exchange().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    let causes = causes(&adapter(exchange, rules(&[("ALL_PROXY", url)]).with_loopback())).await;
    for cause in causes {
        assert!(cause.starts_with(&format!("no connection (the proxy http://{closed} failed: ")), "{cause}");
        assert!(cause.contains("onnection refused"), "{cause}");
    }
}
