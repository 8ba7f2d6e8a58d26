//! `keep_alive`: whether the connection goes on, by the version and the words in `Connection`.

use super::misconceptions::{
    CLOSE_OVERHEARD, CLOSE_WINS, CLOSED_UNASKED, KEPT_UNASKED, NAMES_WITH_CASE, PART_OF_A_WORD,
};
use super::requests::{Sent, by_hand};
use super::{Functions, Request};
use harness::attempt::Attempt;
use harness::finding::{Misconception, Stop};
use harness::rubric::message::{exhibit, word};

pub fn goes_by_the_version(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    decided(f, attempt, 1, &[], true, &CLOSED_UNASKED)?;
    decided(f, attempt, 0, &[], false, &KEPT_UNASKED)?;
    decided(f, attempt, 2, &[], true, &CLOSED_UNASKED)?;
    decided(f, attempt, 9, &[], true, &CLOSED_UNASKED)?;
    // These words say nothing about it.
    let other = ("Connection", "Upgrade");
    decided(f, attempt, 1, &[other], true, &CLOSED_UNASKED)?;
    decided(f, attempt, 0, &[other], false, &KEPT_UNASKED)?;
    decided(f, attempt, 1, &[("Connection", "")], true, &CLOSED_UNASKED)?;
    decided(f, attempt, 0, &[("Connection", "")], false, &KEPT_UNASKED)?;
    // Nor do these fields, which a client of 1.0 may have.
    let keep = ("Keep-Alive", "timeout=5");
    decided(f, attempt, 0, &[keep], false, &KEPT_UNASKED)?;
    let elsewhere = ("X-Connection", "close");
    decided(f, attempt, 1, &[elsewhere], true, &CLOSED_UNASKED)?;
    let elsewhere = ("X-Connection", "keep-alive");
    decided(f, attempt, 0, &[elsewhere], false, &KEPT_UNASKED)
}

pub fn closes_when_the_client_says_so(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let close = |value| ("Connection", value);
    decided(f, attempt, 1, &[close("close")], false, &KEPT_UNASKED)?;
    decided(f, attempt, 0, &[close("close")], false, &KEPT_UNASKED)?;
    decided(f, attempt, 2, &[close("close")], false, &KEPT_UNASKED)?;
    for name in ["connection", "CONNECTION", "cOnnection"] {
        decided(f, attempt, 1, &[(name, "close")], false, &NAMES_WITH_CASE)?;
    }
    for value in [
        "Close",
        "CLOSE",
        "Upgrade, close",
        "close, Upgrade",
        "Upgrade,close",
        "Upgrade ,\tclose",
        ",close,",
        "a, b, , cLoSe , c",
    ] {
        decided(f, attempt, 1, &[close(value)], false, &CLOSE_OVERHEARD)?;
    }
    for fields in [
        [close("Upgrade"), close("close")],
        [close("close"), close("Upgrade")],
        [close("TE"), ("connection", "x, Close")],
    ] {
        decided(f, attempt, 1, &fields, false, &CLOSE_OVERHEARD)?;
    }
    for value in [
        "closed",
        "not-close",
        "close-not",
        "enclose, x",
        "close;q=1",
    ] {
        decided(f, attempt, 1, &[close(value)], true, &PART_OF_A_WORD)?;
    }
    let random = format!("{}close{}", word(3), word(2));
    decided(f, attempt, 1, &[close(&random)], true, &PART_OF_A_WORD)?;
    for minor_version in [0, 1] {
        for value in [
            "keep-alive, close",
            "close, keep-alive",
            "keep-alive, Close",
        ] {
            let fields = [close(value)];
            decided(f, attempt, minor_version, &fields, false, &CLOSE_WINS)?;
        }
        for fields in [
            [close("keep-alive"), close("close")],
            [close("close"), close("keep-alive")],
        ] {
            decided(f, attempt, minor_version, &fields, false, &CLOSE_WINS)?;
        }
    }
    Ok(())
}

pub fn keeps_1_0_alive_when_asked_to(f: &Functions, attempt: &mut Attempt) -> Result<(), Stop> {
    let keep = |value| ("Connection", value);
    decided(f, attempt, 0, &[keep("keep-alive")], true, &CLOSED_UNASKED)?;
    decided(f, attempt, 1, &[keep("keep-alive")], true, &CLOSED_UNASKED)?;
    let name = ("CONNECTION", "keep-alive");
    decided(f, attempt, 0, &[name], true, &NAMES_WITH_CASE)?;
    for value in ["Keep-Alive", "TE, keep-alive", "KEEP-ALIVE,x"] {
        decided(f, attempt, 0, &[keep(value)], true, &CLOSE_OVERHEARD)?;
    }
    let fields = [keep("TE"), keep("Keep-Alive")];
    decided(f, attempt, 0, &fields, true, &CLOSE_OVERHEARD)?;
    for value in [
        "keep-alives",
        "no-keep-alive",
        "keep",
        "alive",
        "keep alive",
    ] {
        decided(f, attempt, 0, &[keep(value)], false, &PART_OF_A_WORD)?;
    }
    Ok(())
}

/// `keep_alive` must give `due` for a request of this version with these fields.
fn decided(
    f: &Functions,
    attempt: &mut Attempt,
    minor_version: u8,
    fields: &[(&str, &str)],
    due: bool,
    otherwise: &'static Misconception,
) -> Result<(), Stop> {
    let mut sent = Sent::line("GET", "/", minor_version).field("Host", " localhost");
    for (name, value) in fields {
        sent = sent.field(name, &format!(" {value}"));
    }
    let sent = sent.end();
    let request: Request = sent.meant.clone();
    let told: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!(", {name}: {value}"))
        .collect();
    let text = format!("keep_alive(&1.{minor_version}{})", told.concat());
    let keep_alive = f.keep_alive;
    let gave = attempt.call("keep_alive", text, move || keep_alive(&request))?;
    if gave == due {
        return Ok(());
    }
    attempt.remark(format!("expected {due}"));
    let seen = match due {
        true => "The client wants to go on, and keep_alive gave false.",
        false => "The client wants the connection closed, and keep_alive gave true.",
    };
    // The version decides, or what stands in the last line.
    let last = sent.bytes[..sent.bytes.len() - 4]
        .iter()
        .rposition(|byte| *byte == b'\n');
    let (from, to) = match (fields.is_empty(), last) {
        (false, Some(at)) => (at + 1, sent.bytes.len() - 4),
        _ => (6, 14),
    };
    let remark = match due {
        true => "goes on",
        false => "closes",
    };
    Err(otherwise
        .seen(seen)
        .pointing_at(exhibit(&sent.bytes, from, to, remark))
        .by_hand(by_hand(&[&sent.bytes])))
}
