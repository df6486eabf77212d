//! Alerts through the whole program: rules by forms, their file, and what is noted when one is met.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use std::path::Path;

use program::{Pair, Program, client};
use serde_json::Value;

const SIM: [&str; 6] = ["--source", "sim", "--symbols", "20", "--seed", "7"];

async fn keeping(path: &Path) -> Program {
    Program::serve(&SIM, &[("VIRTUOSO_ALERTS_RULES_FILE", path.display().to_string())]).await
}

/// Sends a form as the page's own; gives the status and where it leads.
async fn send(program: &Program, path: &str, site: &'static str, form: String) -> (u16, String) {
    let answer = client(reqwest::redirect::Policy::none())
        .post(format!("http://127.0.0.1:{}{path}", program.port))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", site)
        .body(form)
        .send()
        .await
        .unwrap();
    let place = answer.headers().get("location").map_or(String::new(), |place| place.to_str().unwrap().to_owned());
    (answer.status().as_u16(), place)
}

async fn add(program: &Program, form: &str) -> (u16, String) {
    send(program, "/alerts/rules", "same-origin", form.to_owned()).await
}

fn rules(log: &Value) -> Vec<String> {
    let states = log["data"]["rules"]["read"].as_array();
    states.map_or(Vec::new(), |states| states.iter().map(|state| state["rule"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn a_rule_is_added_by_a_form_met_noted_and_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    let program = keeping(&path).await;
    program.scored(15).await;
    program.until("the log is there", async || program.get("/api/v1/alerts").await.unwrap().0 == 200).await;

    // A level just above where each contract stands: some of them will walk over it.
    let list = program.json("/api/v1/signals").await;
    let mut added = Vec::new();
    for row in list["data"]["rows"].as_array().unwrap().iter().take(15) {
        let (name, change) = (row["symbol"].as_str().unwrap(), row["change_24h"]["known"]["value"].as_f64().unwrap());
        let form = format!("symbol={}&figure=change_24h&side=above&level={}", name.to_lowercase(), change + 0.02);
        assert_eq!(add(&program, &form).await, (303, "../alerts#rules".to_owned()));
        added.push(format!("{name} change_24h above {}", change + 0.02));
    }
    let page = program.get("/alerts").await.unwrap().1;
    assert!(added.iter().all(|rule| page.contains(rule.as_str())), "the page lists them at once: {page}");
    program.until("a rule is met", async || !met(&program).await.is_empty()).await;
    let log = program.json("/api/v1/alerts").await;
    assert_eq!((&log["source"], rules(&log)), (&Value::from("sim"), added.clone()));
    let (rule, symbol, value) = met(&program).await.remove(0);
    let (subject, level) = rule.split_once(" change_24h above ").unwrap();
    assert_eq!(subject, symbol);
    assert!(value > level.parse().unwrap(), "{value} is what was measured above {level}");
    let page = program.get("/alerts?kind=rule").await.unwrap().1;
    assert!(page.contains(&format!("<strong>{rule}<")), "{page}");

    // A reader who looked an hour ago sees it on every page; a look resets it, and one who never looked sees nothing.
    let open = async |path: &str, cookie: String| {
        let request = client(reqwest::redirect::Policy::none()).get(format!("http://127.0.0.1:{}{path}", program.port));
        request.header("cookie", cookie).send().await.unwrap()
    };
    let badge = async |cookie: String| {
        let page = open("/guide", cookie).await.text().await.unwrap();
        let (_, badge) = page.split_once("class=\"badge n\">").expect("it is always there, for the script to fill");
        badge.split("</a>").next().unwrap().contains("> new<")
    };
    let unseen = async |cookie: &str| {
        let answer = open("/api/v1/alerts/unseen", cookie.to_owned()).await;
        assert_eq!(answer.headers()["cache-control"], "no-store");
        serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap()
    };
    assert!(badge("virtuoso-seen=1".to_owned()).await && !badge("a=b".to_owned()).await);
    assert!(open("/", "virtuoso-seen=1".to_owned()).await.headers().get("set-cookie").is_none());
    let looked = open("/alerts", "virtuoso-seen=1".to_owned()).await.headers()["set-cookie"].clone();
    let (look, kept) = looked.to_str().unwrap().split_once("; ").unwrap();
    assert_eq!(kept, "Max-Age=31536000; SameSite=Lax; HttpOnly");
    let seen: i64 = look.strip_prefix("virtuoso-seen=").unwrap().parse().unwrap();
    let is_shown = badge(look.to_owned()).await;
    let log = program.json("/api/v1/alerts").await;
    let newer = log["data"]["alerts"].as_array().unwrap().iter().any(|alert| alert["at"].as_i64().unwrap() > seen);
    assert!(!is_shown || newer, "nothing has happened since {look}: {log}");
    let news = unseen("virtuoso-seen=1").await;
    assert!(news["unseen"].as_u64().unwrap() > 0 && news["label"].is_string(), "{news}");
    let none = serde_json::json!({"unseen": 0, "label": null});
    for cookie in ["a=b", "virtuoso-seen=9999999999999"] {
        assert_eq!(unseen(cookie).await, none, "{cookie}");
    }
    let met_at = log["data"]["alerts"].as_array().unwrap().last().unwrap()["at"].as_i64().unwrap();
    assert!(seen >= met_at, "the look is noted by the market's time");

    let (status, place) = add(&program, "symbol=any&figure=score&side=above&level=high").await;
    assert_eq!(status, 303);
    assert_eq!(place, "../alerts?words=any%20score%20above%20high&refused=not-a-rule#rules");
    assert!(program.get("/alerts?refused=not-a-rule").await.unwrap().1.contains("Nothing was changed"));
    assert_eq!(add(&program, "symbol=any&turns=long").await.1, "../alerts#rules");
    assert_eq!(add(&program, "symbol=&turns=long").await.1, "../alerts?refused=twice#rules");
    let (status, _) = send(&program, "/alerts/rules", "cross-site", "symbol=any&turns=short".to_owned()).await;
    assert_eq!(status, 403, "another origin cannot add one");
    assert_eq!(add(&program, "turns=long").await.0, 422, "a form without its fields is none of the page's");
    let gone = format!("rule={}", added[0].replace(' ', "+"));
    assert_eq!(send(&program, "/alerts/rules/remove", "same-origin", gone).await.1, "../../alerts#rules");
    program.terminate();

    let again = keeping(&path).await;
    let page = again.get("/alerts").await.unwrap().1;
    assert!(page.contains("any turns long") && page.contains(&added[1]) && !page.contains(&added[0]), "{page}");
}

#[tokio::test]
async fn a_rule_is_resolved_or_refused_with_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    std::fs::write(&path, "rules = [\"NOPEUSDT score above 70\"]").unwrap();
    let program = keeping(&path).await;
    program.scored(1).await;
    program.until("the universe is known", async || program.get("/api/v1/universe").await.unwrap().0 == 200).await;
    for (form, rule) in [
        ("symbol=btc&figure=score&side=above&level=70", "BTCUSDT score above 70"),
        ("symbol=any&figure=funding_8h&side=above&level=0%2C05", "any funding_8h above 0.05"),
        ("symbol=any&figure=change_24h&side=below&level=%E2%88%9210", "any change_24h below -10"),
        ("symbol=any&figure=liquidated_1h&side=above&level=1+000+000", "any liquidated_1h above 1M"),
        ("symbol=any&figure=oi_change_1h&side=above&level=5%25", "any oi_change_1h above 5"),
    ] {
        assert_eq!(add(&program, form).await, (303, "../alerts#rules".to_owned()), "{form}");
        assert!(std::fs::read_to_string(&path).unwrap().contains(&format!("\"{rule}\"")), "{form}");
    }
    let page = async |place: String| program.get(&format!("/{}", place.trim_start_matches("../"))).await.unwrap().1;
    let unknown = add(&program, "symbol=btx&turns=long").await.1;
    assert!(unknown.ends_with("&refused=unknown-symbol#rules") && unknown.contains("BTCUSDT"), "{unknown}");
    assert!(page(unknown).await.contains("lists no such symbol. Nearest: BTCUSDT"));
    let ambiguous = add(&program, "symbol=any&figure=change_24h&side=above&level=1%2C000").await.1;
    assert!(page(ambiguous).await.contains("write 1000 or 1.0"));
    program
        .until("the rule on an unknown symbol is shown as waiting", async || {
            program.get("/alerts").await.unwrap().1.contains("NOPEUSDT is not listed or not watched now")
        })
        .await;
}

/// The rules that were met: rule, symbol and value, newest first.
async fn met(program: &Program) -> Vec<(String, String, f64)> {
    let log = program.json("/api/v1/alerts").await;
    let alerts = log["data"]["alerts"].as_array().unwrap().clone();
    let rules = alerts.iter().filter_map(|alert| alert["event"].get("rule").cloned());
    let text = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
    rules.map(|event| (text(&event, "rule"), text(&event, "symbol"), event["value"].as_f64().unwrap())).collect()
}

#[tokio::test]
async fn a_test_tells_how_a_rule_stands_and_notes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = keeping(&folder.path().join("rules.toml")).await;
    program.scored(15).await;
    for form in ["symbol=any&figure=liquidated_1h&side=above&level=0k", "symbol=market&turns=consolidation"] {
        assert_eq!(add(&program, form).await, (303, "../alerts#rules".to_owned()));
    }
    let tested = async |rule: &str| {
        let page = program.get(&format!("/alerts?test={}", rule.replace(' ', "%20"))).await.unwrap().1;
        let answer = page.split_once("id=\"tested\"").expect("an answer").1;
        answer.split_once("Tested, not noted").expect("its end").0.to_owned()
    };
    // Positions are closed by force from time to time; a sum above nothing is known though no whole hour was heard.
    program
        .until("a contract holds the rule on liquidations", async || {
            let answer = tested("any liquidated_1h above 0").await;
            answer.contains("href=\"symbol/")
                && answer.contains(" liquidated in 1 h")
                && answer.contains("Missing for ")
        })
        .await;
    program
        .until("the regime is known", async || tested("market turns consolidation").await.contains("the regime is "))
        .await;
    assert!(tested("any turns short").await.contains("there is no rule “any turns short”"));
    let log = program.json("/api/v1/alerts").await;
    assert_eq!(rules(&log), ["any liquidated_1h above 0", "market turns consolidation"]);
    let liquidated = &log["data"]["rules"]["read"][0];
    assert!(
        liquidated["met_at"].is_null() && met(&program).await.is_empty(),
        "it holds, and was not seen to come: {log}"
    );
    let foremost = &liquidated["stands"]["contracts"]["foremost"][0];
    assert!(foremost["value"].as_f64().unwrap() > 0.0 && foremost["as_of"].as_i64().unwrap() > 0, "{log}");
}

#[tokio::test]
async fn a_damaged_file_is_said_left_alone_and_read_again_once_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    let damage = "rules = [\"any turns purple\"]";
    std::fs::write(&path, damage).unwrap();
    let program = keeping(&path).await;
    let page = program.get("/alerts").await.unwrap().1;
    assert!(page.contains("No rule is in force") && page.contains("any turns purple"), "{page}");
    assert_eq!(add(&program, "symbol=any&turns=long").await.1, "../alerts?refused=file#rules");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), damage);
    program
        .until("the log says so as well", async || {
            let log = program.get("/api/v1/alerts").await.unwrap();
            log.0 == 200 && log.1.contains("damaged")
        })
        .await;
    std::fs::write(&path, "rules = [\"any turns short\"]").unwrap();
    program
        .until("the mended rule is in force", async || {
            rules(&program.json("/api/v1/alerts").await) == ["any turns short"]
        })
        .await;
}

#[tokio::test]
async fn a_web_process_shows_the_rules_of_the_monitor_and_takes_none() {
    let Pair { web, monitor, .. } = &Pair::simulated().await;
    web.until("the log came over", async || web.get("/api/v1/alerts").await.unwrap().0 == 200).await;
    let (status, place) = add(web, "symbol=any&turns=long").await;
    assert_eq!((status, place.as_str()), (303, "../alerts?refused=not-here#rules"));
    let page = web.get("/alerts").await.unwrap().1;
    assert!(page.contains("switched off in the configuration") && !page.contains("action=\"alerts/rules\""), "{page}");
    assert_eq!(add(monitor, "symbol=any&turns=long").await.0, 404, "a monitor has no pages");
}
