//! Dates with the name of a month, in the languages that are most common on servers.

use super::Match;
use super::clock::clock_with_half;
use super::cursor::{Cursor, is_word, optional};

/// Names of months and their abbreviations. English and German ones must begin with a capital, the others may: `2 may`
/// is not a date.
#[rustfmt::skip]
const MONTHS: [&str; 84] = [
    // English
    "January", "Jan", "February", "Feb", "March", "Mar", "April", "Apr", "May", "June", "Jun", "July", "Jul", "August",
    "Aug", "September", "Sept", "Sep", "October", "Oct", "November", "Nov", "December", "Dec",
    // German
    "Januar", "Februar", "März", "Mai", "Juni", "Juli", "Oktober", "Okt", "Dezember", "Dez",
    // Spanish
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
    // French
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
    // Italian
    "gennaio", "febbraio", "aprile", "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre",
    // Portuguese
    "janeiro", "fevereiro", "março", "maio", "junho", "julho", "setembro", "outubro", "novembro", "dezembro",
    // Dutch
    "januari", "februari", "maart", "mei", "augustus", "oktober", "december",
];
#[rustfmt::skip]
const DAYS: [&str; 55] = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Mon", "Tue", "Tues", "Wed", "Thu",
    "Thur", "Thurs", "Fri", "Sat", "Sun", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag",
    "Sonntag", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo", "lundi", "mardi", "mercredi",
    "jeudi", "vendredi", "samedi", "dimanche", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "domenica",
    "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "maandag", "dinsdag", "woensdag",
    "donderdag", "vrijdag", "zondag",
];
const ZONES: [&str; 13] = ["UTC", "GMT", "UT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "CET", "CEST"];

/// Matches a date that begins with a day of the week or a month: `Monday, January 2nd, 2006 at 3:04 PM`,
/// `Jan  2 15:04:05`.
pub(super) fn any(cursor: Cursor<'_>) -> Match {
    match name(cursor, &DAYS) {
        Some(day) => {
            let next = optional(optional(day, b"."), b",").spaces()?;
            month_first(next).or_else(|| day_first(next))
        }
        None => month_first(cursor),
    }
}

/// Matches `2 January 2006`, `2nd of May, 2006`, `2. Januar 2006 um 15:04`, `2 de enero de 2006` and
/// `02/Jan/2006:15:04:05 +0000`.
pub(super) fn day_first(cursor: Cursor<'_>) -> Match {
    let day = day_of_month(cursor)?;
    if let Some(logged) = day.byte(b"/-") {
        let year = logged.word(&MONTHS)?.byte(b"/-")?.digits(4, 4)?.1;
        return Some(time_after(year).unwrap_or(year).at());
    }
    let month = name(filler(day.spaces()?), &MONTHS)?;
    let month = optional(optional(month, b"."), b",");
    let next = month.spaces().map(filler)?;
    let dated = next.digits(4, 4).map(|(_, year)| year).filter(|year| year.boundary().is_some());
    match dated {
        Some(year) => Some(time_after(year).unwrap_or(year).at()),
        None => Some(time_after(month)?.at()),
    }
}

/// Matches `January 2, 2006`, `Jan 2 15:04:05`, `Jan 2 15:04:05 MST 2006`.
fn month_first(cursor: Cursor<'_>) -> Match {
    let month = optional(name(cursor, &MONTHS)?, b".");
    let day = optional(day_of_month(month.spaces()?)?, b",");
    if let Some(year) = year_after(day) {
        return Some(time_after(year).unwrap_or(year).at());
    }
    let time = time_after(day)?;
    Some(year_after(time).unwrap_or(time).at())
}

/// Skips a whole word that is in `names`. A name in lower case may also begin with a capital.
fn name<'a>(cursor: Cursor<'a>, names: &[&str]) -> Option<Cursor<'a>> {
    // Few words are names, so comparing the length first is fast.
    let length = cursor.run(24, |byte| is_word(byte) || byte == b'-');
    let word = &cursor.rest()[..length];
    let is_name = |name: &&str| {
        let name = name.as_bytes();
        name.len() == word.len()
            && name[1..] == word[1..]
            && (name[0] == word[0] || name[0].is_ascii_lowercase() && name[0].to_ascii_uppercase() == word[0])
    };
    (length >= 3 && names.iter().any(is_name)).then(|| cursor.skip(length)).flatten()
}

/// Skips a day of the month up to 31: `2`, `02`, `2nd`, `2.`.
fn day_of_month(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let (number, day) = cursor.digits(1, 2)?;
    let ordinal = day.word(&["st", "nd", "rd", "th", ".", "º"]).unwrap_or(day);
    let is_whole = !ordinal.peek().is_some_and(|byte| byte.is_ascii_alphanumeric());
    ((1..=31).contains(&number) && is_whole).then_some(ordinal)
}

/// Skips `de`, `of` or `del` and the space after it, if it is there.
fn filler(cursor: Cursor<'_>) -> Cursor<'_> {
    cursor.word(&["de ", "of ", "del "]).unwrap_or(cursor)
}

/// Skips the time of day after a date, with its time zone.
fn time_after(date: Cursor<'_>) -> Option<Cursor<'_>> {
    let comma = optional(date, b",:");
    let next = comma.spaces().unwrap_or(comma);
    if next.at() == date.at() {
        return None;
    }
    let joined = next.word(&["at ", "um ", "à ", "às ", "a las ", "alle ", "om "]).unwrap_or(next);
    let time = clock_with_half(joined)?;
    Some(zone_after(time).unwrap_or(time))
}

/// Skips the year after a day or a time.
fn year_after(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    cursor.spaces()?.digits(4, 4).map(|(_, year)| year).filter(|year| year.boundary().is_some())
}

/// Skips the time zone after a time: `UTC`, `+01:00`, `GMT+1`.
fn zone_after(time: Cursor<'_>) -> Option<Cursor<'_>> {
    let spaced = time.spaces().unwrap_or(time);
    let named = spaced.word(&ZONES).filter(|zone| zone.boundary().is_some());
    let signed = named.unwrap_or(spaced).byte(b"+-").and_then(|sign| Some(sign.digits(1, 2)?.1));
    let offset = signed.map(|hours| optional(hours, b":").digits(2, 2).map_or(hours, |(_, minutes)| minutes));
    offset.or(named)
}
