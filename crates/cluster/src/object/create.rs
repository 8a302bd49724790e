//! Making objects, or finding them made.

use super::Object;
use crate::ClusterError;
use crate::call::Call;
use crate::cluster::LAYOUT;
use crate::reply::Reply;
use crate::script::{Script, script};

static CREATE: Script = script!("create");

/// The setting that says what may be put into an object, and what is taken out of it.
pub(crate) const CONTENTS: &str = "contents";

impl Object {
    /// Creates the object with these settings unless it exists, and then makes sure that it has them.
    ///
    /// Creating it twice is the same as once, so that the call needs no record.
    pub(crate) fn create(&self, settings: &[(&str, &str)]) -> Result<(), ClusterError> {
        let pairs = settings.iter().flat_map(|(name, value)| [*name, *value]);
        let call = Call::new(&CREATE, self)
            .keys(["h"])
            .argument(LAYOUT)
            .arguments(pairs);
        let difference = self.cluster().call(call)?;
        self.refuse_difference(difference, settings)
    }

    /// Says which setting differs, if the answer to a creation names one.
    pub(crate) fn refuse_difference(
        &self,
        difference: Reply,
        settings: &[(&str, &str)],
    ) -> Result<(), ClusterError> {
        let mut difference = difference.into_array()?.into_iter();
        let (Some(setting), Some(theirs)) = (difference.next(), difference.next()) else {
            return Ok(());
        };
        let setting = setting.into_text()?;
        let ours = settings
            .iter()
            .find(|(name, _)| *name == setting)
            .map(|(_, value)| *value);
        Err(ClusterError::Mismatch {
            object: self.to_string(),
            theirs: theirs.into_text()?,
            ours: ours.unwrap_or_default().to_owned(),
            setting,
        })
    }

    /// The settings with which it was created; `None` for those that were not given.
    pub(crate) fn settings<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[Option<String>; N], ClusterError> {
        let header = self.key("h");
        let mut parts: Vec<&[u8]> = vec![b"HMGET", header.as_bytes(), b"lay"];
        parts.extend(names.iter().map(|name| name.as_bytes()));
        self.be_present()?;
        let mut found = self
            .cluster()
            .command(self, &parts)?
            .into_array()?
            .into_iter();
        if found.next().is_none_or(|layout| layout.is_nil()) {
            return Err(self.gone());
        }
        let mut settings = [const { None }; N];
        for (setting, found) in settings.iter_mut().zip(found) {
            *setting = match found.is_nil() {
                true => None,
                false => Some(found.into_text()?),
            };
        }
        Ok(settings)
    }

    /// Makes sure that it was created for such contents.
    pub(crate) fn check_contents(&self, contents: &str) -> Result<(), ClusterError> {
        let [found] = self.settings([CONTENTS])?;
        let theirs = found.unwrap_or_default();
        match theirs == contents {
            true => Ok(()),
            false => Err(ClusterError::Mismatch {
                object: self.to_string(),
                setting: CONTENTS.to_owned(),
                theirs,
                ours: contents.to_owned(),
            }),
        }
    }
}
