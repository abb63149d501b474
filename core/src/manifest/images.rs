//! The providers of ours that stand for images of wasmCloud's.

use super::application::Capability;

/// Images by the last part of their name, and the provider of the same contract that takes the same place here.
const IMAGES: [(&str, &str); 8] = [
    ("httpserver", "httpserver"),
    ("httpclient", "httpclient"),
    ("kvredis", "keyvalue-redis"),
    ("nats_messaging", "messaging-nats"),
    ("blobstore_fs", "blobstore-fs"),
    ("blobstore_s3", "blobstore-s3"),
    ("sqldb_postgres", "sqldb-postgres"),
    ("telnet", "telnet"),
];

impl Capability {
    /// The provider's name on hosts: the image itself, or what stands for it where it is one of wasmCloud's,
    /// `wasmcloud.azurecr.io/kvredis:0.22.0`.
    pub fn provider_name(&self) -> &str {
        let last = self.image.rsplit('/').next().unwrap_or(&self.image);
        let name = last.split(':').next().unwrap_or(last);
        IMAGES.iter().find(|(image, _)| *image == name).map_or(&self.image, |(_, provider)| provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_wasmcloud_stands_for_a_provider_and_every_other_for_itself() {
        for (image, name) in [
            ("wasmcloud.azurecr.io/kvredis:0.22.0", "keyvalue-redis"),
            ("ghcr.io/wasmcloud/httpserver:0.19.1", "httpserver"),
            ("keyvalue-memory", "keyvalue-memory"),
            ("registry.example.org/my-own:1", "registry.example.org/my-own:1"),
        ] {
            let capability = Capability { image: image.to_owned(), contract: String::new(), link_name: String::new() };
            assert_eq!(capability.provider_name(), name);
        }
    }
}
