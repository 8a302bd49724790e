//! How an object was made.

use super::Object;
use crate::ClusterError;
use crate::call::Call;
use crate::script::{Script, script};

static SETTINGS: Script = script!("settings");

impl Object {
    /// The values of these settings, with which the object was created.
    pub(crate) fn settings<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<[String; N], ClusterError> {
        let call = Call::new(&SETTINGS, self).keys(["h"]).arguments(names);
        let values = self.cluster().call(call)?.into_parts::<N>()?;
        let mut texts = [const { String::new() }; N];
        for (text, value) in texts.iter_mut().zip(values) {
            *text = value.into_text()?;
        }
        Ok(texts)
    }
}
