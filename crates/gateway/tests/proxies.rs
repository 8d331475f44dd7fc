//! The configured proxy: what goes through it, what never does, and what its faults are told as. Over real sockets.

use std::time::Duration;

use covenant_gateway::{GatewayConfig, Proxy};
use covenant_ledger::EventKind;
use serde_json::json;

use crate::support::{Act, Answer};
use crate::support::{ConnectProxy, House, RecordingVendor, Setting, TlsVendor, Way, json_answer};

const NOTE: &str = "Marlow Vance, MRN 44182931, is here.";

async fn ask(house: &House) -> Answer {
    let body = json!({"model": "gpt", "messages": [{"role": "user", "content": NOTE}]});
    house.post("/v1/chat/completions", body).await
}

/// A house that knows `vendor.example` behind a proxy.
fn behind(proxy: Proxy, vendor: &TlsVendor) -> House {
    let upstream = vendor.address.replace("localhost", "vendor.example");
    Setting::default()
        .openai(&upstream)
        .config(|config: &mut GatewayConfig| {
            config.extra_roots.push(vendor.authority());
            config.proxy = Some(proxy);
            config.timeouts.connect = Duration::from_millis(500);
        })
        .build()
}

fn proxy(address: &str) -> Proxy {
    Proxy::parse(address).unwrap()
}

#[tokio::test]
async fn https_goes_through_the_tunnel_and_the_proxy_sees_a_host_and_a_port() {
    let vendor = TlsVendor::start().await;
    let between = ConnectProxy::start(Way::To(vendor.socket())).await;
    let house = behind(proxy(&between.address), &vendor);
    for _ in 0..2 {
        let answer = ask(&house).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(vendor.versions(), [http::Version::HTTP_2; 2]);
    let port = vendor.address.rsplit(':').next().unwrap();
    let head =
        format!("CONNECT vendor.example:{port} HTTP/1.1\r\nHost: vendor.example:{port}\r\n\r\n");
    assert_eq!(between.heads(), [head]);
    assert_eq!(between.tunnels(), 1);
}

#[tokio::test]
async fn credentials_go_to_the_proxy_and_the_vendors_do_not() {
    let vendor = TlsVendor::start().await;
    let between = ConnectProxy::start(Way::To(vendor.socket())).await;
    let with = proxy(&between.address)
        .with_credentials(&"clinic:open sesame".to_owned().into())
        .unwrap();
    assert_eq!(ask(&behind(with, &vendor)).await.status, 200);
    let head = between.heads().concat();
    assert!(
        head.contains("Proxy-Authorization: Basic Y2xpbmljOm9wZW4gc2VzYW1l\r\n"),
        "{head}"
    );
    assert!(!head.contains("vendor-secret"), "{head}");
}

#[tokio::test]
async fn a_tunnel_to_somebody_else_ends_at_the_certificate() {
    let vendor = TlsVendor::start().await;
    let between = ConnectProxy::start(Way::To(vendor.socket())).await;
    // Not trusted at all.
    let mut house = Setting::default().openai("https://vendor.example");
    house.config.proxy = Some(proxy(&between.address));
    let answer = ask(&house.build()).await;
    assert_eq!(answer.code(), "upstream_unreachable");
    // Trusted, and the certificate is for another host.
    let mut house = Setting::default().openai("https://other.example");
    house.config.proxy = Some(proxy(&between.address));
    house.config.extra_roots.push(vendor.authority());
    assert_eq!(ask(&house.build()).await.code(), "upstream_unreachable");
    assert_eq!(between.tunnels(), 2);
    assert!(vendor.versions().is_empty());
}

#[tokio::test]
async fn this_machine_and_hosts_left_out_are_reached_without_the_proxy() {
    let between = ConnectProxy::start(Way::Says("HTTP/1.1 500 X\r\n\r\n")).await;
    let plain = RecordingVendor::start(vec![Act::Send(json_answer(200, "{\"choices\":[]}"))]).await;
    let mut house = Setting::default().openai(&plain.address);
    house.config.proxy = Some(proxy(&between.address));
    assert_eq!(ask(&house.build()).await.status, 200);
    let vendor = TlsVendor::start().await;
    let mut house = Setting::default().openai(&vendor.address);
    house.config.proxy = Some(proxy(&between.address));
    house.config.extra_roots.push(vendor.authority());
    assert_eq!(ask(&house.build()).await.status, 200);
    // Left out by name: it is looked up here, where there is no such host.
    let without = proxy(&between.address).without(["vendor.example"]).unwrap();
    let answer = ask(&behind(without, &vendor)).await;
    assert!(
        answer.code() == "upstream_unreachable" || answer.code() == "upstream_connect_timeout",
        "{}",
        answer.text()
    );
    assert!(between.heads().is_empty());
}

#[tokio::test]
async fn faults_of_the_proxy_are_told_in_our_words_and_nothing_of_the_request_reaches_it() {
    let vendor = TlsVendor::start().await;
    let refused = "upstream_proxy_refused";
    for (way, status, code) in [
        (
            Way::Says("HTTP/1.1 407 X\r\nproxy-authenticate: Basic\r\n\r\n"),
            502,
            "upstream_proxy_credentials",
        ),
        (Way::Says("HTTP/1.1 403 Marlow\r\n\r\nMarlow"), 502, refused),
        (Way::Says("HTTP/1.1 502 X\r\n\r\n"), 502, refused),
        // Never followed, not even here.
        (
            Way::Says("HTTP/1.1 302 X\r\nlocation: https://elsewhere.example/\r\n\r\n"),
            502,
            refused,
        ),
        (Way::Says("SSH-2.0-Marlow\r\n\r\n"), 502, refused),
        (Way::Says(""), 502, refused),
        (Way::Says("HTTP/1.1 20"), 502, refused),
        // A tunnel that leads to no TLS.
        (
            Way::Says("HTTP/1.1 200 OK\r\n\r\nMarlow"),
            502,
            "upstream_unreachable",
        ),
        (Way::Stalls, 504, "upstream_connect_timeout"),
    ] {
        let between = ConnectProxy::start(way).await;
        let house = behind(proxy(&between.address), &vendor);
        let answer = ask(&house).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{}",
            answer.text()
        );
        assert!(!answer.text().contains("Marlow"), "{}", answer.text());
        let last = house.events().pop().unwrap();
        assert_eq!(
            (last.kind, last.outcome.unwrap().code.as_str()),
            (EventKind::Failed, code)
        );
        let heads = between.heads().concat();
        assert!(
            !heads.contains("Vance") && !heads.contains("POST"),
            "{heads}"
        );
    }
    assert!(vendor.versions().is_empty());
}

#[tokio::test]
async fn a_proxy_nobody_listens_at_is_told_apart_from_a_vendor_nobody_listens_at() {
    let vendor = TlsVendor::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let answer = ask(&behind(proxy(&address), &vendor)).await;
    assert_eq!(answer.code(), "upstream_proxy_unreachable");
}
