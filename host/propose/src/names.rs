//! What a name of a table or a column says: its words, without spelling.

/// Words that say no more than that a column holds a key.
const KEY_WORDS: [&str; 14] =
    ["id", "ids", "fk", "pk", "nr", "no", "num", "nummer", "numero", "key", "ref", "code", "uid", "uuid"];
/// Words that tables' names begin with and that say nothing.
const TABLE_PREFIXES: [&str; 10] = ["tbl", "tab", "tb", "t", "app", "sys", "dbo", "m", "mst", "vw"];

/// A name as words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    words: Vec<String>,
}

impl Name {
    /// Takes `usr_login`, `UsrLogin`, `usrLogin` and `USR-LOGIN` apart: `usr`, `login`.
    pub(crate) fn of(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut word = String::new();
        let chars: Vec<char> = text.chars().collect();
        for (place, c) in chars.iter().copied().enumerate() {
            if !c.is_alphanumeric() {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                continue;
            }
            let before = place.checked_sub(1).and_then(|before| chars.get(before)).copied();
            let after = chars.get(place + 1).copied();
            // `userLogin`, and the last capital of `IDCard`.
            let begins = c.is_uppercase()
                && before.is_some_and(|before| {
                    before.is_lowercase() || before.is_uppercase() && after.is_some_and(char::is_lowercase)
                });
            if begins {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            }
            fold(c, &mut word);
        }
        words.extend((!word.is_empty()).then_some(word));
        Self { words }
    }

    /// All words without anything between them.
    pub(crate) fn joined(&self) -> String {
        self.words.concat()
    }

    /// The words.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// What the name may mean, the likeliest first: all of it, and what is left without a
    /// prefix that repeats the table's name (`person_login`, `usr_login`).
    pub(crate) fn meanings(&self, table: &Name) -> Vec<String> {
        let mut meanings = vec![self.joined()];
        if let Some((first, rest)) = self.words.split_first()
            && !rest.is_empty()
        {
            let stem = stem(first);
            let repeats = table.words.iter().any(|word| word.starts_with(&stem) || stem.starts_with(word.as_str()));
            if repeats || first.len() <= 4 {
                meanings.push(rest.concat());
            }
        }
        meanings
    }

    /// The name without words like `id`, and whether there were such words: `manager_id`
    /// and `id_manager` are about `manager`.
    pub(crate) fn subject(&self) -> (String, bool) {
        let rest: Vec<&str> = self.words.iter().map(String::as_str).filter(|word| !KEY_WORDS.contains(word)).collect();
        let is_key = rest.len() < self.words.len();
        match (rest.as_slice(), self.words.as_slice()) {
            // `userid` in one word.
            ([only], [_]) => match only.strip_suffix("id").filter(|rest| rest.len() > 2) {
                Some(subject) => (subject.to_owned(), true),
                None => ((*only).to_owned(), is_key),
            },
            _ => (rest.concat(), is_key),
        }
    }

    /// The last words of a table's name in the singular, the whole of it first:
    /// `appuser`, `user` for `app_users`.
    pub(crate) fn singulars(&self) -> Vec<String> {
        let mut singulars = vec![stem(&self.joined())];
        let plain: Vec<&str> =
            self.words.iter().map(String::as_str).filter(|word| !TABLE_PREFIXES.contains(word)).collect();
        singulars.push(stem(&plain.concat()));
        singulars.extend(self.words.last().map(|last| stem(last)));
        singulars
    }

    /// The name as SCIM writes one: `costCentre`. Made of letters and digits, beginning
    /// with a letter; none where nothing is left.
    pub(crate) fn camel(&self) -> Option<String> {
        let mut camel = String::new();
        for word in &self.words {
            let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
            let mut chars = word.chars();
            match chars.next() {
                Some(first) if !camel.is_empty() => {
                    camel.push(first.to_ascii_uppercase());
                    camel.push_str(chars.as_str());
                }
                Some(first) if first.is_ascii_alphabetic() => camel.push_str(&word),
                _ => {}
            }
        }
        (!camel.is_empty()).then_some(camel)
    }
}

/// A word without the ending of its plural, in whichever language: `teams`, `equipes`,
/// `gruppen`. Only good for comparing with other stems.
pub(crate) fn stem(word: &str) -> String {
    for ending in ["en", "es", "s", "n", "x", "e"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.len() > 2
        {
            return stem.to_owned();
        }
    }
    word.to_owned()
}

/// Whether a character cannot be seen, or moves what can be: control characters, and the
/// ones that reorder or hide text. No name of a class or an attribute may have one.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Adds a letter in lower case, without accents.
fn fold(c: char, word: &mut String) {
    for c in c.to_lowercase() {
        match c {
            'ä' | 'æ' => word.push_str("ae"),
            'ö' | 'œ' | 'ø' => word.push_str("oe"),
            'ü' => word.push_str("ue"),
            'ß' => word.push_str("ss"),
            'à' | 'á' | 'â' | 'ã' | 'å' => word.push('a'),
            'ç' => word.push('c'),
            'è' | 'é' | 'ê' | 'ë' => word.push('e'),
            'ì' | 'í' | 'î' | 'ï' => word.push('i'),
            'ñ' => word.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' => word.push('o'),
            'ù' | 'ú' | 'û' => word.push('u'),
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (text, words) in [
            ("usr_login", "usr login"),
            ("UsrLogin", "usr login"),
            ("USR-LOGIN", "usr login"),
            ("userID", "user id"),
            ("IDCard", "id card"),
            ("Geändert am", "geaendert am"),
            ("prénom", "prenom"),
            ("a\n\"b", "a b"),
            ("", ""),
        ] {
            assert_eq!(Name::of(text).words().join(" "), words, "{text}");
        }
    }

    #[test]
    fn prefixes_and_key_words_are_told() {
        let person = Name::of("person");
        assert_eq!(Name::of("person_login").meanings(&person), ["personlogin", "login"]);
        assert_eq!(Name::of("usr_login").meanings(&person), ["usrlogin", "login"]);
        assert_eq!(Name::of("customer_login").meanings(&person), ["customerlogin"]);
        assert_eq!(Name::of("manager_id").subject(), ("manager".to_owned(), true));
        assert_eq!(Name::of("id_groupe").subject(), ("groupe".to_owned(), true));
        assert_eq!(Name::of("userid").subject(), ("user".to_owned(), true));
        assert_eq!(Name::of("name").subject(), ("name".to_owned(), false));
        assert!(Name::of("app_users").singulars().contains(&"user".to_owned()));
        assert_eq!(Name::of("tbl_gruppen").singulars(), ["tblgrupp", "grupp", "grupp"]);
    }

    #[test]
    fn scim_names_are_plain() {
        for (text, camel) in
            [("cost_centre", Some("costCentre")), ("1\"x", Some("x")), ("名", None), ("a.b", Some("aB"))]
        {
            assert_eq!(Name::of(text).camel().as_deref(), camel, "{text}");
        }
    }
}
