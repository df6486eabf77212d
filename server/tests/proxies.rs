//! Login, forms and the live stream behind the real nginx and Caddy, set up as `docs/reverse-proxy.md` says.
//!
//! Where one of them is not installed (`make test` does it), its tests say so and check nothing. Debian has no package of Traefik: its
//! requests are sent as its documentation describes them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod program;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use program::{Program, free_port};
use reqwest::{
    Client, Response,
    header::{HeaderName, HeaderValue},
    redirect::Policy,
};
use tempfile::TempDir;

const TOKEN: &str = "a-token-that-nobody-guesses";
const NAME: &str = "dash.example.org";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const PAGE: &str = include_str!("../../docs/reverse-proxy.md");
/// How long a proxy may take to start, and a stream to bring something.
const DEADLINE: Duration = Duration::from_secs(60);

/// A part of the documentation.
fn snippet(name: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("<!-- snippet: {name} -->")).unwrap();
    let (_, rest) = rest.split_once('\n').unwrap().1.split_once('\n').unwrap();
    rest.split_once("```").unwrap().0
}

/// A running proxy, killed when dropped.
struct Proxy {
    /// None where its requests are made up.
    child: Option<Child>,
    client: Client,
    /// Where the dashboard's first page is, with the slash at its end.
    root: String,
    /// The origin of its pages.
    origin: String,
    _folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A program of the system: Debian keeps nginx where only root looks.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn is_installed(program: &str) -> bool {
    let found = find(program).is_some();
    if !found {
        eprintln!("{program} is not installed: nothing is checked behind it (`make test` installs it)");
    }
    found
}

/// A certificate that nobody signed, and its key.
fn certificate(folder: &Path) {
    let subject = format!("/CN={NAME}");
    let alternative = format!("subjectAltName=DNS:{NAME}");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", &subject, "-addext", &alternative, "-keyout", "dash.key", "-out", "dash.pem"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

impl Proxy {
    /// nginx with a part of the documentation, in front of a program.
    async fn nginx(part: &str, https: bool, to: &Program) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let at = folder.path().to_str().unwrap();
        let mut server = snippet(part)
            .replace("listen 80;", &format!("listen 127.0.0.1:{port};"))
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
            .replace("/etc/ssl", at)
            .replace("127.0.0.1:3000", &format!("127.0.0.1:{}", to.port));
        if https {
            certificate(folder.path());
            if !server.contains("ssl_certificate") {
                let with = format!("{port} ssl;\n ssl_certificate {at}/dash.pem;\n ssl_certificate_key {at}/dash.key;");
                server = server.replace(&format!("{port};\n"), &format!("{with}\n"));
            }
        }
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {at}/{kind};\n"))
            .concat();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {at}/pid;\nerror_log stderr warn;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}\n{server}\n}}\n"
        );
        fs::write(folder.path().join("nginx.conf"), whole).unwrap();
        let config = format!("{at}/nginx.conf");
        let mut command = Command::new(find("nginx").unwrap());
        command.args(["-p", at, "-c", &config]);
        let path = if part.ends_with("path") { "/virtuoso/" } else { "/" };
        Self::start(command, folder, port, https, path, to).await
    }

    /// Caddy with a part of the documentation, in front of a program.
    async fn caddy(part: &str, https: bool, to: &Program) -> Self {
        let (folder, port, other) = (tempfile::tempdir().unwrap(), free_port(), free_port());
        let at = folder.path().to_str().unwrap();
        let mut site = snippet(part).replace("127.0.0.1:3000", &format!("127.0.0.1:{}", to.port));
        if !https {
            site = site.replacen(NAME, &format!("http://{NAME}"), 1);
        }
        let (http_port, https_port) = if https { (other, port) } else { (port, other) };
        // What its own certificates are made by stays in the folder, and the machine does not learn to trust it.
        let options = format!(
            "{{\nadmin off\nlocal_certs\nskip_install_trust\nstorage file_system {at}\ndefault_bind 127.0.0.1\n\
             http_port {http_port}\nhttps_port {https_port}\n}}\n"
        );
        let config = folder.path().join("Caddyfile");
        fs::write(&config, format!("{options}{site}")).unwrap();
        let mut command = Command::new(find("caddy").unwrap());
        command.args(["run", "--adapter", "caddyfile", "--config", config.to_str().unwrap()]);
        command.env("HOME", at).env("XDG_DATA_HOME", at).env("XDG_CONFIG_HOME", at);
        let path = if part.ends_with("path") { "/virtuoso/" } else { "/" };
        Self::start(command, folder, port, https, path, to).await
    }

    /// What Traefik sends, with its defaults: the host is passed on, and each of these headers is its own, because what a client sent
    /// under their names is dropped (`forwardedHeaders.insecure` is off). `StripPrefix` takes a path off and names it.
    fn traefik(https: bool, prefix: Option<&'static str>, to: &Program) -> Self {
        let scheme = if https { "https" } else { "http" };
        let headers = [
            ("host", NAME),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-host", NAME),
            ("x-forwarded-port", if https { "443" } else { "80" }),
            ("x-forwarded-proto", scheme),
            ("x-forwarded-server", "6f1d6ee5b4c1"),
            ("x-real-ip", "203.0.113.9"),
            ("accept-encoding", "gzip"),
        ];
        let headers = headers.into_iter().chain(prefix.map(|prefix| ("x-forwarded-prefix", prefix)));
        let headers =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        let client = program::builder(Policy::none()).default_headers(headers).build().unwrap();
        let (root, origin) = (format!("http://127.0.0.1:{}/", to.port), format!("{scheme}://{NAME}"));
        Self { child: None, client, root, origin, _folder: tempfile::tempdir().unwrap() }
    }

    async fn start(mut command: Command, folder: TempDir, port: u16, https: bool, path: &str, to: &Program) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let client = program::builder(Policy::none())
            .resolve(NAME, SocketAddr::from(([127, 0, 0, 1], port)))
            .tls_danger_accept_invalid_certs(true)
            .build()
            .unwrap();
        let origin = format!("{}://{NAME}:{port}", if https { "https" } else { "http" });
        let proxy = Self { child: Some(child), client, root: format!("{origin}{path}"), origin, _folder: folder };
        to.until("the proxy answers", async || {
            // Whatever the program says of it: that it is asked is enough.
            let answer = proxy.client.get(format!("{}livez", proxy.root)).send().await;
            answer.is_ok_and(|answer| answer.status() != 502)
        })
        .await;
        proxy
    }

    /// Sends a form as a browser does: over https with both headers, over http from another machine with the origin alone.
    async fn form(&self, path: &str, cookie: &str, form: &str) -> Response {
        let sent = self
            .client
            .post(format!("{}{path}", self.root))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", BROWSER)
            .header("origin", self.origin.as_str())
            .header("cookie", cookie);
        let sent = if self.origin.starts_with("https") { sent.header("sec-fetch-site", "same-origin") } else { sent };
        sent.body(form.to_owned()).send().await.unwrap()
    }
}

/// A small market behind a token, with a file of rules and a log in a folder.
async fn dashboard(settings: &[(&str, &str)], folder: &TempDir) -> Program {
    let mut env = vec![
        ("VIRTUOSO_ALERTS_RULES_FILE", folder.path().join("rules.toml").to_str().unwrap().to_owned()),
        ("VIRTUOSO_ACCESS_TOKEN", TOKEN.to_owned()),
    ];
    env.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let log = || fs::File::create(folder.path().join("log")).unwrap().into();
    Program::logging(&["--source", "sim", "--symbols", "5", "--seed", "7"], &env, log).await
}

const NAMED: (&str, &str) = ("VIRTUOSO_HTTP_ALLOWED_HOSTS", NAME);
const TRUSTED: (&str, &str) = ("VIRTUOSO_HTTP_TRUSTED_PROXIES", "127.0.0.1");

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Logs in, makes a rule, removes it, and follows the stream until something of the market comes.
async fn works(proxy: &Proxy, folder: &TempDir) {
    let rules = || fs::read_to_string(folder.path().join("rules.toml")).unwrap_or_default();
    let at = |path: &str| format!("{}{path}", proxy.root);
    let stranger = proxy.client.get(at("scores?q=btc")).header("accept", BROWSER).send().await.unwrap();
    assert_eq!((stranger.status().as_u16(), header(&stranger, "location")), (303, "login?next=%2Fscores%3Fq%3Dbtc"));
    let wrong = proxy.form("login", "", "token=not-the-token-of-it").await;
    assert_eq!(wrong.status(), 401);
    assert!(wrong.text().await.unwrap().contains("This is not the token."));

    let right = proxy.form("login", "", &format!("token={TOKEN}&next=%2Falerts")).await;
    assert_eq!((right.status().as_u16(), header(&right, "location")), (303, "./alerts"), "{}", proxy.root);
    let (cookie, marks) = header(&right, "set-cookie").split_once(';').unwrap();
    assert_eq!(marks.ends_with("; Secure"), proxy.origin.starts_with("https"), "{marks}");
    assert!(!marks.contains("Path"), "a browser takes the folder, also below a path: {marks}");

    let made = proxy.form("alerts/rules", cookie, "symbol=any&turns=long").await;
    assert_eq!((made.status().as_u16(), header(&made, "location")), (303, "../alerts#rules"));
    assert!(rules().contains("any turns long"), "{}", rules());
    let removed = proxy.form("alerts/rules/remove", cookie, "rule=any+turns+long").await;
    assert_eq!(removed.status(), 303);
    assert!(!rules().contains("any turns long"), "{}", rules());
    let elsewhere = proxy
        .client
        .post(at("alerts/rules"))
        .header("origin", "https://evil.example")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("symbol=any&turns=short");
    assert_eq!(elsewhere.send().await.unwrap().status(), 403, "the guard is as it was");

    // One after another: what a proxy keeps back until it has enough comes at once, or never.
    let stream = proxy.client.get(at("api/v1/stream?topics=headline,monitor")).header("cookie", cookie).send().await;
    let mut stream = stream.unwrap();
    assert_eq!((stream.status().as_u16(), header(&stream, "content-type")), (200, "text/event-stream"));
    let (mut text, end) = (String::new(), Instant::now() + DEADLINE);
    while text.matches("event: ").count() < 3 {
        let left = end.saturating_duration_since(Instant::now());
        let piece = tokio::time::timeout(left, stream.chunk()).await;
        let piece = piece.unwrap_or_else(|_| panic!("the stream brings nothing more after {text:?}")).unwrap();
        text.push_str(&String::from_utf8_lossy(&piece.expect("the stream goes on")));
    }
}

#[tokio::test]
async fn works_behind_nginx_that_replaces_the_host() {
    if !is_installed("nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = dashboard(&[NAMED], &folder).await;
    for https in [false, true] {
        works(&Proxy::nginx("nginx-plain", https, &program).await, &folder).await;
    }
}

#[tokio::test]
async fn works_behind_nginx_that_passes_the_host_on() {
    if !is_installed("nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for settings in [&[NAMED][..], &[NAMED, TRUSTED]] {
        let program = dashboard(settings, &folder).await;
        works(&Proxy::nginx("nginx-full", true, &program).await, &folder).await;
    }
}

#[tokio::test]
async fn works_below_a_path_of_nginx() {
    if !is_installed("nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = dashboard(&[NAMED], &folder).await;
    for https in [false, true] {
        works(&Proxy::nginx("nginx-path", https, &program).await, &folder).await;
    }
}

#[tokio::test]
async fn works_behind_caddy() {
    if !is_installed("caddy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for settings in [&[NAMED][..], &[NAMED, TRUSTED]] {
        let program = dashboard(settings, &folder).await;
        for https in [false, true] {
            works(&Proxy::caddy("caddy", https, &program).await, &folder).await;
        }
    }
}

#[tokio::test]
async fn works_below_a_path_of_caddy() {
    if !is_installed("caddy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = dashboard(&[NAMED], &folder).await;
    works(&Proxy::caddy("caddy-path", true, &program).await, &folder).await;
}

#[tokio::test]
async fn works_with_the_headers_that_traefik_sends() {
    let folder = tempfile::tempdir().unwrap();
    for settings in [&[NAMED][..], &[NAMED, TRUSTED]] {
        let program = dashboard(settings, &folder).await;
        for (https, prefix) in [(false, None), (true, None), (true, Some("/virtuoso"))] {
            works(&Proxy::traefik(https, prefix, &program), &folder).await;
        }
    }
}

#[tokio::test]
async fn nobody_changes_anything_through_traefik_without_a_token() {
    let folder = tempfile::tempdir().unwrap();
    for settings in [&[NAMED, ("VIRTUOSO_ACCESS_TOKEN", "")][..], &[NAMED, TRUSTED, ("VIRTUOSO_ACCESS_TOKEN", "")]] {
        let program = dashboard(settings, &folder).await;
        let refused = Proxy::traefik(true, None, &program).form("alerts/rules", "", "symbol=any&turns=long").await;
        assert_eq!(refused.status(), 403);
        assert!(refused.text().await.unwrap().contains("access.token"));
    }
    assert!(!fs::read_to_string(folder.path().join("rules.toml")).unwrap_or_default().contains("any turns long"));
}

#[tokio::test]
async fn a_refused_form_is_a_page_and_a_line_of_the_log_with_both_names() {
    if !is_installed("nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = dashboard(&[], &folder).await;
    let proxy = Proxy::nginx("nginx-plain", false, &program).await;
    let login = format!("token={TOKEN}");
    let refused = proxy.form("login", "", &login).await;
    assert_eq!((refused.status().as_u16(), header(&refused, "content-type")), (403, "text/html; charset=utf-8"));
    let page = refused.text().await.unwrap();
    let entry = proxy.origin.strip_prefix("http://").unwrap();
    let (asked, setting) = (format!("127.0.0.1:{}", program.port), format!("VIRTUOSO_HTTP_ALLOWED_HOSTS={entry}"));
    for part in [proxy.origin.as_str(), &asked, &setting, "</html>"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let again = proxy.form("login", "", &login).await;
    assert_eq!(again.status(), 403);
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(&proxy.origin) && line.contains(&asked)).collect();
    assert_eq!(lines.len(), 1, "{log}");
    // Neither header of a browser, and no page: a program.
    let sent = proxy.client.post(format!("{}login", proxy.root)).header("origin", proxy.origin.as_str());
    let body: serde_json::Value = serde_json::from_str(&sent.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "foreign_origin");
    drop(program);
    // What the page says is what helps.
    let program = dashboard(&[("VIRTUOSO_HTTP_ALLOWED_HOSTS", entry)], &folder).await;
    let proxy = Proxy::nginx("nginx-plain", true, &program).await;
    assert_eq!(proxy.form("login", "", &login).await.status(), 303);
}

#[tokio::test]
async fn a_host_that_is_not_named_is_a_page_behind_a_proxy_that_passes_it_on() {
    if !is_installed("caddy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = dashboard(&[], &folder).await;
    let proxy = Proxy::caddy("caddy", false, &program).await;
    let refused = proxy.client.get(&proxy.root).header("accept", BROWSER).send().await.unwrap();
    assert_eq!(refused.status(), 421);
    let page = refused.text().await.unwrap();
    assert!(page.contains("not known as dash.example.org") && page.contains("http.allowed_hosts"), "{page}");
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("not known as dash.example.org"), "{log}");
}

#[tokio::test]
async fn wrong_tokens_of_one_reader_behind_a_proxy_lock_nobody_out() {
    if !is_installed("nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = dashboard(&[NAMED], &folder).await;
    let proxy = Proxy::nginx("nginx-plain", false, &program).await;
    let mut last = 0;
    for _ in 0..8 {
        last = proxy.form("login", "", "token=not-the-token-of-it").await.status().as_u16();
    }
    assert_eq!(last, 429);
    assert_eq!(proxy.form("login", "", &format!("token={TOKEN}")).await.status(), 303);
    let bearer = proxy.client.get(format!("{}api/v1/cache", proxy.root)).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(bearer.status(), 200);
}

#[tokio::test]
async fn nobody_changes_anything_through_a_proxy_without_a_token() {
    if !is_installed("nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = dashboard(&[NAMED, ("VIRTUOSO_ACCESS_TOKEN", "")], &folder).await;
    for part in ["nginx-plain", "nginx-full"] {
        let proxy = Proxy::nginx(part, part == "nginx-full", &program).await;
        let refused = proxy.form("alerts/rules", "", "symbol=any&turns=long").await;
        assert_eq!(refused.status(), 403, "{part}");
        assert!(refused.text().await.unwrap().contains("access.token"), "{part}");
        let forged = proxy
            .client
            .post(format!("{}alerts/rules", proxy.root))
            .header("origin", format!("http://127.0.0.1:{}", program.port))
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", "127.0.0.1")
            .header("forwarded", "for=127.0.0.1")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("symbol=any&turns=long");
        assert_eq!(forged.send().await.unwrap().status(), 403, "{part}");
    }
    assert!(!fs::read_to_string(folder.path().join("rules.toml")).unwrap_or_default().contains("any turns long"));
}
