//! Addresses of machines and mailboxes: e-mail, web, IP, hardware, handles.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::candidate::{Candidate, Priority};
use crate::finding::{Reason, UNSURE_BELOW};
use crate::kind::Kind;
use crate::segment::Segment;
use crate::term::Flags;
use crate::token::{Case, Shape};

/// Hosts and paths that name a standard, not a person's page.
const NAMESPACES: [&str; 22] = [
    "www.w3.org/",
    "w3.org/",
    "hl7.org/",
    "www.hl7.org/",
    "terminology.hl7.org/",
    "unitsofmeasure.org",
    "loinc.org",
    "snomed.info/",
    "schemas.",
    "schema.org",
    "xmlns",
    "purl.org/",
    "ns.adobe.com",
    "json-schema.org/",
    "ihe.net/",
    "dicom.nema.org",
    "www.nlm.nih.gov/research/umls",
    "nucc.org/",
    "fhir.org/",
    "standardhealthrecord.org/",
    "www.ama-assn.org/go/cpt",
    "hl7.fhir",
];

/// Hosts of public authorities and reference works: a link to one names nobody, as long as its path holds no number.
const PUBLIC_HOSTS: [&str; 18] = [
    "nih.gov",
    "cdc.gov",
    "fda.gov",
    "hhs.gov",
    "cms.gov",
    "medicare.gov",
    "medicaid.gov",
    "healthcare.gov",
    "cancer.gov",
    "clinicaltrials.gov",
    "smokefree.gov",
    "medlineplus.gov",
    "who.int",
    "womenshealth.gov",
    "ahrq.gov",
    "epa.gov",
    "choosemyplate.gov",
    "uptodate.com",
];

/// Domains that are seldom the next word of a sentence.
const SURE_DOMAINS: [&str; 11] = [
    "com", "org", "net", "edu", "gov", "mil", "io", "co", "info", "biz", "health",
];

fn push(
    out: &mut Vec<Candidate>,
    start: usize,
    end: usize,
    kind: Kind,
    confidence: f32,
    rule: &'static str,
) {
    let priority = if confidence > 0.8 {
        Priority::Validated
    } else {
        Priority::Pattern
    };
    out.push(Candidate {
        start,
        end,
        kind,
        confidence,
        reason: Reason::rule(rule),
        priority,
    });
}

/// Returns the end of the run of bytes that `fits` takes, from `start`.
fn run(segment: &Segment<'_>, start: usize, fits: impl Fn(u8) -> bool) -> usize {
    let bytes = segment.text.as_bytes().get(start..).unwrap_or_default();
    start + bytes.iter().take_while(|byte| fits(**byte)).count()
}

/// Returns the end without the signs that close a sentence.
fn without_stops(segment: &Segment<'_>, start: usize, end: usize, stops: &[u8]) -> usize {
    let bytes = segment.text.as_bytes().get(start..end).unwrap_or_default();
    end - bytes
        .iter()
        .rev()
        .take_while(|byte| stops.contains(byte))
        .count()
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'')
}

/// Proposes an e-mail address that starts at `index`.
pub(super) fn email(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let start = segment.start(index);
    if segment.touches(index)
        && start > 0
        && is_local(segment.byte(start - 1))
        && segment.byte(start - 1) != b'\''
    {
        return;
    }
    let at = run(segment, start, is_local);
    if segment.byte(at) != b'@' {
        if at == segment.text.len() && !segment.complete {
            long_mailbox(segment, start, at, out);
        }
        return;
    }
    let domain = run(segment, at + 1, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
    });
    let end = without_stops(segment, at + 1, domain, b".-");
    let name = segment.text.get(at + 1..end).unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    let dotted = name.contains('.')
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let goes_on = domain == segment.text.len() && !segment.complete;
    if dotted || goes_on && (!name.is_empty() || at - start >= LONG_RUN) {
        push(out, start, end, Kind::Email, 0.98, "e-mail address");
    } else if name.len() >= 3
        && name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic())
    {
        push(out, start, end, Kind::Email, 0.7, "mailbox of a machine");
    }
}

/// Letters and digits from which on a run is too long for its end to be seen.
const LONG_RUN: usize = 40;

/// Proposes a run that is longer than what can be seen and may be that of a mailbox: its `@` would come too late.
fn long_mailbox(segment: &Segment<'_>, start: usize, end: usize, out: &mut Vec<Candidate>) {
    let text = segment.text.get(start..end).unwrap_or_default();
    let of = |fits: fn(&u8) -> bool| text.bytes().filter(fits).count();
    // A run of letters alone is a sequence or a rule, more often than a mailbox of one word.
    let glued = text.contains(['.', '_', '-', '+']);
    if glued && of(u8::is_ascii_alphanumeric) >= LONG_RUN && of(u8::is_ascii_alphabetic) >= 3 {
        let rule = "a run that may be a mailbox and goes on";
        push(out, start, end, Kind::Email, 0.5, rule);
    }
}

/// Proposes an e-mail address in words: `jane at example dot org`, `jane [at] example [dot] org`.
pub(super) fn email_in_words(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let spelled = |at: usize, word: &str| {
        let open = usize::from(matches!(segment.sign_at(at), b'(' | b'[' | b'{'));
        let closed = usize::from(matches!(segment.sign_at(at + open + 1), b')' | b']' | b'}'));
        (segment.is(at + open, word) && open == closed).then_some(at + 1 + 2 * open)
    };
    let mut last = index;
    let joined = |at: usize| {
        matches!(segment.sign_at(at), b'.' | b'_' | b'-' | b'+')
            && segment.touches(at)
            && segment.touches(at + 1)
    };
    while joined(last + 1) && last < index + 8 {
        last += 2;
    }
    let inside = index > 0
        && segment.touches(index)
        && matches!(segment.sign_at(index - 1), b'.' | b'_' | b'-' | b'+');
    let Some(domain) = spelled(last + 1, "at").filter(|_| !inside) else {
        return;
    };
    let mut at = domain + 1;
    let mut end = None;
    let mut worded = domain > last + 2;
    for _ in 0..3 {
        let dot = spelled(at, "dot");
        worded |= dot.is_some();
        let Some(next) =
            dot.or((segment.sign(at, b'.') && segment.touches(at + 1)).then_some(at + 1))
        else {
            break;
        };
        end = segment.flags(next).has(Flags::DOMAIN).then_some(next + 1);
        at = next + 1;
    }
    if let Some(end) = end.filter(|_| worded)
        && segment
            .token(domain)
            .is_some_and(|token| token.shape != Shape::Sign)
    {
        push(
            out,
            segment.start(index),
            segment.end(end - 1),
            Kind::Email,
            0.85,
            "e-mail address in words",
        );
    }
}

/// Proposes a handle: `@jane_roe`.
pub(super) fn handle(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let touches_word = segment.touches(index) && segment.sign_at(index - 1) == 0;
    if touches_word || !segment.touches(index + 1) {
        return;
    }
    let start = segment.end(index);
    let end = run(segment, start, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
    });
    let end = without_stops(segment, start, end, b".-");
    let name = segment.text.get(start..end).unwrap_or_default();
    let letters = name.bytes().filter(u8::is_ascii_alphabetic).count();
    if letters >= 3
        && name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    {
        push(
            out,
            segment.start(index),
            end,
            Kind::UserName,
            0.75,
            "handle",
        );
    }
}

fn is_url(byte: u8) -> bool {
    byte > b' '
        && byte < 0x7F
        && !matches!(
            byte,
            b'"' | b'<' | b'>' | b'|' | b'\\' | b'`' | b'{' | b'}' | b'^'
        )
}

/// Proposes a web address that starts at the word at `index`.
pub(super) fn url(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let start = segment.start(index);
    let after = segment.end(index);
    if segment.touches(index)
        && matches!(segment.sign_at(index - 1), b'@' | b'.' | b'/' | b'-' | b'_')
    {
        return;
    }
    let rest = segment.text.get(after..).unwrap_or_default();
    if rest.starts_with("://") {
        let host = after + 3;
        if run(segment, host, is_url) > host {
            whole_url(segment, start, host, 0.97, out);
        }
    } else if rest.starts_with('.') && segment.touches(index + 2) {
        bare_domain(segment, index, out);
    }
}

fn whole_url(
    segment: &Segment<'_>,
    start: usize,
    host: usize,
    confidence: f32,
    out: &mut Vec<Candidate>,
) {
    let end = without_stops(segment, start, run(segment, start, is_url), b".,;:!?'*_");
    let mut end = end;
    let text = |end: usize| segment.text.get(start..end).unwrap_or_default();
    let count = |end: usize, sign: &[char]| text(end).matches(sign).count();
    while text(end).ends_with([')', ']']) && count(end, &[')', ']']) > count(end, &['(', '[']) {
        end = without_stops(segment, start, end - 1, b".,;:!?'");
    }
    let address = segment.text.get(host..end).unwrap_or_default();
    if !NAMESPACES.iter().any(|space| address.starts_with(space)) && !is_public(address) {
        push(out, start, end, Kind::Url, confidence, "web address");
    }
}

fn is_public(address: &str) -> bool {
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let named = PUBLIC_HOSTS.iter().any(|public| {
        let (before, tail) = host
            .split_at_checked(host.len().saturating_sub(public.len()))
            .unwrap_or((host, ""));
        tail.eq_ignore_ascii_case(public) && (before.is_empty() || before.ends_with('.'))
    });
    named && !path.contains(['?', '@', '=']) && path.bytes().filter(u8::is_ascii_digit).count() < 8
}

/// Reads `www.example.org`, `portal.example.org/jane`, `example.com`.
fn bare_domain(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let start = segment.start(index);
    let end = run(segment, start, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
    });
    let end = without_stops(segment, start, end, b".-");
    let name = segment.text.get(start..end).unwrap_or_default();
    let labels = name.split('.').count();
    let last = name.rsplit('.').next().unwrap_or_default();
    let known = segment
        .terms
        .flags(segment.terms.of(last.as_bytes()))
        .has(Flags::DOMAIN);
    if !known || segment.byte(end) == b'@' || name.contains("..") {
        return;
    }
    let sure = SURE_DOMAINS
        .iter()
        .any(|domain| last.eq_ignore_ascii_case(domain));
    let lower = !last.bytes().any(|byte| byte.is_ascii_uppercase())
        || !name.bytes().any(|byte| byte.is_ascii_lowercase());
    let path = segment.byte(end) == b'/';
    let www = name
        .get(..4)
        .is_some_and(|head| head.eq_ignore_ascii_case("www."));
    if www || lower && (sure || path || labels >= 3 && name.len() > 8) {
        whole_url(segment, start, start, 0.9, out);
    }
}

/// Returns true if what comes after `end` may belong to the run that ends there: nothing else is visible but signs
/// that glue.
pub(super) fn runs_on(segment: &Segment<'_>, end: usize) -> bool {
    let rest = segment.text.as_bytes().get(end..).unwrap_or_default();
    rest.iter()
        .all(|byte| is_url(*byte) && !byte.is_ascii_alphanumeric())
}

/// Continues a web address (or another long run) that the step before could not see the end of.
pub(super) fn continued(
    segment: &Segment<'_>,
    index: usize,
    (kind, confidence): (Kind, f32),
    out: &mut Vec<Candidate>,
) {
    let start = segment.start(index);
    if !(segment.touches(index) || index == 0 && segment.glued) {
        return;
    }
    let fits = |byte: u8| {
        if kind == Kind::Url {
            is_url(byte)
        } else {
            is_local(byte) || matches!(byte, b'@' | b'/' | b'(' | b')')
        }
    };
    let end = without_stops(segment, start, run(segment, start, fits), b".,;:!?')");
    if end > start {
        let mailbox = segment
            .text
            .get(start..end)
            .is_some_and(|text| text.contains('@'));
        // What went before was not sure of itself; an `@` makes it so.
        let unsure = confidence < UNSURE_BELOW && !mailbox;
        let confidence = if unsure { confidence } else { 0.9 };
        push(
            out,
            start,
            end,
            kind,
            confidence,
            "continues what goes before",
        );
    }
}

/// Proposes an IP address that starts at `index`.
pub(super) fn ip(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let start = segment.start(index);
    if segment.touches(index)
        && start > 0
        && matches!(segment.byte(start - 1), b'.' | b':' | b'-')
        && index >= 2
        && segment.touches(index - 1)
        && segment
            .token(index - 2)
            .is_some_and(|token| token.has_digit())
    {
        return;
    }
    let versioned = (1..=2).any(|steps| {
        index
            .checked_sub(steps)
            .is_some_and(|at| segment.flags(at).has(Flags::CODE))
    });
    let hexadecimal = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let end = without_stops(segment, start, run(segment, start, hexadecimal), b".:");
    let text = segment.text.get(start..end).unwrap_or_default();
    if text.contains(':') {
        let groups = text.split(':').filter(|group| !group.is_empty()).count();
        if groups >= 2
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text.parse::<Ipv6Addr>().is_ok()
        {
            push(out, start, end, Kind::Ip, 0.95, "IPv6 address");
            return;
        }
    }
    let end = without_stops(
        segment,
        start,
        run(segment, start, |byte| byte.is_ascii_digit() || byte == b'.'),
        b".",
    );
    let text = segment.text.get(start..end).unwrap_or_default();
    if text.len() >= 7
        && !versioned
        && text.parse::<Ipv4Addr>().is_ok()
        && !text.starts_with("255.")
        && text != "0.0.0.0"
    {
        push(out, start, end, Kind::Ip, 0.95, "IPv4 address");
    }
}

/// Proposes a hardware address that starts at `index`: `00:1A:2B:3C:4D:5E`, `00-1A-…`, `001A.2B3C.4D5E`.
pub(super) fn hardware(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let Some(token) = segment
        .token(index)
        .filter(|token| matches!(token.len(), 2 | 4))
    else {
        return;
    };
    let start = token.start;
    if segment.touches(index)
        && start > 0
        && matches!(segment.byte(start - 1), b':' | b'-' | b'.')
        && index >= 2
        && segment.token(index - 2).is_some_and(|token| {
            token.len() == 2 && segment.touches(index - 1) && token.shape != Shape::Word
        })
    {
        return;
    }
    let sign = segment.byte(token.end);
    let (size, count) = match (token.len(), sign) {
        (2, b':' | b'-') => (2, 6),
        (4, b'.') => (4, 3),
        _ => return,
    };
    let end = start + size * count + count - 1;
    let Some(text) = segment.text.get(start..end) else {
        return;
    };
    let fits = text.bytes().enumerate().all(|(place, byte)| {
        if place % (size + 1) == size {
            byte == sign
        } else {
            byte.is_ascii_hexdigit()
        }
    });
    let ends = !segment.byte(end).is_ascii_alphanumeric() && segment.byte(end) != sign
        || !segment.byte(end + 1).is_ascii_hexdigit() && !segment.byte(end).is_ascii_alphanumeric();
    let mixed = size == 2 || text.bytes().any(|byte| byte.is_ascii_alphabetic());
    if fits && ends && mixed {
        push(out, start, end, Kind::Mac, 0.96, "hardware address");
    }
}

/// Proposes a device identifier in the HIBC spelling: `+H123PARTNO1234567890120/$$420020216LOT…`.
pub(super) fn hibc(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let next = segment.token(index + 1).filter(|next| !next.space_before);
    let coded = next.is_some_and(|next| {
        next.shape == Shape::Mixed
            && next.case == Case::Upper
            && next.len() >= 10
            && !next.first.is_ascii_digit()
    });
    if coded {
        let start = segment.start(index);
        let end = without_stops(segment, start, run(segment, start, is_url), b".,;:!?)");
        push(out, start, end, Kind::Udi, 0.85, "HIBC device identifier");
    }
}

/// Proposes a device identifier in the GS1 spelling: `(01)00884838000124(17)250101(21)A1`.
pub(super) fn gs1(segment: &Segment<'_>, index: usize, out: &mut Vec<Candidate>) {
    let start = segment.start(index);
    let rest = segment.text.get(start..).unwrap_or_default();
    let digits = |from: usize| {
        rest.get(from..from + 14)
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if rest.starts_with("(01)") || rest.starts_with("(00)") || rest.starts_with("(02)") {
        if digits(4).is_none() {
            return;
        }
        let fits = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'(' | b')' | b'-' | b'/' | b'.' | b'_')
        };
        let end = without_stops(segment, start, run(segment, start, fits), b"(.-_/");
        push(out, start, end, Kind::Udi, 0.97, "GS1 device identifier");
    } else if rest.starts_with("01")
        && segment
            .token(index)
            .is_some_and(|token| token.len() >= 16 && token.case != Case::Lower)
    {
        let valid = digits(2).is_some_and(super::check::is_gtin);
        let next = rest.get(16..18).unwrap_or_default();
        let applied = matches!(next, "10" | "11" | "17" | "21")
            || !next
                .bytes()
                .next()
                .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if valid && applied {
            let end = run(segment, start, |byte| byte.is_ascii_alphanumeric());
            push(out, start, end, Kind::Udi, 0.93, "GS1 device identifier");
        }
    }
}
