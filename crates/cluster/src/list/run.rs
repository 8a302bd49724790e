//! Places in a list, as the server finds them.

/// A run of elements, which may be one or none.
///
/// Where it is depends on how long the list is at the moment of the change; so the server finds it, and not the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// One element, which must be there; less than zero from the end.
    Element(i64),
    /// No element, but the place in front of one; less than zero from the end, and cut to what there is.
    Before(i64),
    /// The elements from the first number to the second one, which is not one of them; less than zero from the end, without a number
    /// from the beginning or to the end, and cut to what there is.
    Slice(Option<i64>, Option<i64>),
    /// The elements from the first number, which must not be beyond the end of the list, to the second one, which is not one of them, or to the end.
    Exactly(u64, u64),
}

impl Run {
    /// Mode, start and stop, as the script reads them.
    pub(super) fn to_arguments(self) -> [String; 3] {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let (mode, start, stop) = match self {
            Run::Element(place) => ("element", Some(place.to_string()), None),
            Run::Before(place) => ("run", Some(place.to_string()), Some(place.to_string())),
            Run::Slice(start, stop) => ("run", number(start), number(stop)),
            Run::Exactly(start, stop) => ("exact", Some(start.to_string()), Some(stop.to_string())),
        };
        [
            mode.to_owned(),
            start.unwrap_or_default(),
            stop.unwrap_or_default(),
        ]
    }
}
