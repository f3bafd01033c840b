//! What names an error in the text of its issue, on a line of its own that is not shown.

use domain::id::{Fingerprint, ProjectName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a mark as it is. A project's name may hold `-->`.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The mark of an error.
pub(crate) fn of(project: &ProjectName, fingerprint: Fingerprint) -> String {
    format!("{}{fingerprint}{END}", begin(project))
}

/// The error of `project` that a text is marked with. Only a whole line is a mark, so that a quotation is none.
pub(crate) fn find(text: &str, project: &ProjectName) -> Option<Fingerprint> {
    let begin = begin(project);
    text.lines().find_map(|line| {
        let fingerprint = line.trim().strip_prefix(&begin)?.strip_suffix(END)?;
        Fingerprint::parse(fingerprint).ok()
    })
}

const END: &str = " -->";

fn begin(project: &ProjectName) -> String {
    format!("<!-- faultline:{}/", utf8_percent_encode(project.as_str(), NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_found() {
        let print = Fingerprint::of("m", []);
        for name in ["shop", "größe", "a-->b", "shop_2"] {
            let project = ProjectName::parse(name).unwrap();
            let mark = of(&project, print);
            assert_eq!(mark.matches("-->").count(), 1, "{mark}");
            assert_eq!(find(&format!("text\r\n{mark}\r\nmore"), &project), Some(print), "{name}");
            assert_eq!(find(&format!("> {mark}"), &project), None, "a quotation");
            assert_eq!(find(&mark, &ProjectName::parse("other").unwrap()), None);
        }
    }
}
