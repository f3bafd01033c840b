/// A pattern: `*` matches any text, even an empty one, and `?` matches one character. It is case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<char>);

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(pattern.chars().collect())
    }

    /// Whether it matches all of `text`. The time is at most proportional to the product of both lengths.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let pattern = &self.0;
        let text: Vec<char> = text.chars().collect();
        let mut at = 0;
        let mut next = 0;
        // The position after the last star, and the end of the text that the star covers so far.
        let mut star: Option<(usize, usize)> = None;
        while next < text.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at + 1, next));
                    at += 1;
                }
                Some(&wanted) if wanted == '?' || wanted == text[next] => {
                    at += 1;
                    next += 1;
                }
                _ => {
                    let Some((after_star, covered)) = star else { return false };
                    star = Some((after_star, covered + 1));
                    (at, next) = (after_star, covered + 1);
                }
            }
        }
        pattern[at..].iter().all(|&rest| rest == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, covers: &[&str], not: &[&str]) {
        for text in covers {
            assert!(Glob::new(pattern).matches(text), "`{pattern}` covers `{text}`");
        }
        for text in not {
            assert!(!Glob::new(pattern).matches(text), "`{pattern}` does not cover `{text}`");
        }
    }

    #[test]
    fn stars_and_question_marks() {
        check("", &[""], &["a"]);
        check("*", &["", "a", "*"], &[]);
        check("shop@1.*", &["shop@1.", "shop@1.2.3"], &["shop@1", "shop@2.1", "xshop@1.2"]);
        check("*time*out*", &["timeout", "a time is out", "TypeError: timeout of x"], &["Timeout", "outtime"]);
        check("a?c", &["abc", "aéc"], &["ac", "abbc", "ab"]);
        check("*ab", &["ab", "aab", "abab"], &["aba", ""]);
        check("**a**", &["a", "bab"], &["b"]);
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_the_product() {
        assert!(!Glob::new(&"*a".repeat(100)).matches(&"a".repeat(99)));
        assert!(!Glob::new(&format!("{}b", "*a".repeat(99))).matches(&"a".repeat(900)));
    }
}
