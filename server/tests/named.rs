//! What stands between the program and its figures is named on the System page and by the doctor.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::{Program, command, free_port, outcome};
use serde_json::Value;

/// What the doctor found, by check.
async fn doctor(args: Vec<String>, env: Vec<(&'static str, String)>) -> Value {
    let output = tokio::task::spawn_blocking(move || {
        let args: Vec<&str> = ["doctor", "--json"].into_iter().chain(args.iter().map(String::as_str)).collect();
        command(&args).envs(env).output().unwrap()
    });
    serde_json::from_slice(&output.await.unwrap().stdout).unwrap()
}

fn said(findings: &Value, check: &str) -> String {
    let finding = findings.as_array().unwrap().iter().find(|one| one["check"] == check);
    finding.unwrap_or_else(|| panic!("no {check} in {findings:#}"))["said"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_in_use_is_named_without_its_password() {
    // Nobody listens there, so that nothing leaves this machine.
    let proxy = format!("127.0.0.1:{}", free_port());
    let env = vec![("HTTPS_PROXY", format!("http://reader:secret-word@{proxy}"))];
    let program = Program::serve(&["--source", "bybit"], &env).await;
    let expected = format!("http://{proxy} (HTTPS_PROXY)");
    program.until("System names the proxy", async || program.get("/system").await.unwrap().1.contains(&expected)).await;
    program
        .until("System names why nothing arrives", async || {
            program.get("/system").await.unwrap().1.contains(&format!("the proxy http://{proxy} failed"))
        })
        .await;
    assert!(!program.get("/system").await.unwrap().1.contains("secret-word"));
    let addr = format!("127.0.0.1:{}", program.port);
    let findings = doctor(vec!["--source".into(), "bybit".into(), "--addr".into(), addr], env).await;
    assert_eq!(said(&findings, "proxy"), format!("the exchange is reached through {expected}"));
    assert!(said(&findings, "exchange").contains(&format!("the proxy http://{proxy} failed")), "{findings:#}");
    assert!(!findings.to_string().contains("secret-word"), "{findings:#}");
}

/// The doctor called it good, and said that the exchange is reached through an error.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_cannot_be_used_ends_the_program_with_the_variable_and_is_broken_to_the_doctor() {
    let env = vec![("HTTPS_PROXY", "https://reader:secret-word@127.0.0.1:1".to_owned())];
    let addr = format!("127.0.0.1:{}", free_port());
    let mut serve = command(&["serve", "--source", "bybit", "--addr", &addr]);
    serve.envs(env.clone());
    let (code, text) = tokio::task::spawn_blocking(move || outcome(serve)).await.unwrap();
    assert_eq!(code, Some(1), "{text}");
    let expected = "HTTPS_PROXY (`https://…@127.0.0.1:1`) must begin with http://, socks5:// or socks5h://";
    assert!(text.contains(expected) && !text.contains("secret-word"), "{text}");
    let findings = doctor(vec!["--source".into(), "bybit".into(), "--addr".into(), addr], env).await;
    let proxy = findings.as_array().unwrap().iter().find(|one| one["check"] == "proxy").unwrap();
    assert_eq!((proxy["verdict"].as_str(), proxy["said"].as_str()), (Some("broken"), Some(expected)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_item_limit_of_memcached_is_named_with_what_does_not_fit() {
    let port = free_port();
    let args = ["-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-m", "64", "-I", "4k", "-o", "slab_chunk_max=2048"];
    let mut memcached = std::process::Command::new("memcached");
    let child = memcached.args(args).args(["-p", &port.to_string()]).spawn().expect("memcached is installed");
    let _memcached = Program::of(child, port);
    let servers = format!("127.0.0.1:{port}");
    let market = ["--source", "sim", "--symbols", "20", "--seed", "7", "--memcached", &servers];
    let program = Program::serve(&market, &[]).await;
    program
        .until("System names the limit and what does not fit", async || {
            let page = program.get("/system").await.unwrap().1;
            page.contains("items up to 4 KiB") && page.contains("reaches this process only: it takes")
        })
        .await;
    let addr = format!("127.0.0.1:{}", program.port);
    let findings =
        doctor(vec!["--source".into(), "sim".into(), "--addr".into(), addr, "--memcached".into(), servers], vec![])
            .await;
    let limit = findings.as_array().unwrap().iter().find(|one| one["check"] == "item limit").unwrap();
    assert_eq!(limit["verdict"], "broken", "{limit}");
    assert!(limit["said"].as_str().unwrap().contains("of the 4096 bytes that memcached takes"), "{limit}");
}
