//! What this server can do, as official clients ask when they connect. Invariant: only what is
//! served is named.

use tonic::{Request, Response, Status};

use crate::protocol::event_store::client::{
    Empty,
    server_features::{SupportedMethod, SupportedMethods, server_features_server::ServerFeatures},
};

/// The release of the protocol this server speaks: the first that says when a subscription has
/// caught up.
const SPOKEN: &str = "23.10.0";
const STREAMS: &str = "event_store.client.streams.streams";
const GOSSIP: &str = "event_store.client.gossip.gossip";

/// The methods of a server.
#[derive(Debug, Clone)]
pub struct Features(Vec<(&'static str, &'static str)>);

impl Features {
    /// A server that is read.
    #[must_use]
    pub fn reading() -> Features {
        Features(vec![("read", STREAMS), ("read", GOSSIP)])
    }
    /// A server that is also written to.
    #[must_use]
    pub fn writing() -> Features {
        let mut all = Features::reading();
        all.0.extend(
            ["append", "batchappend", "delete", "tombstone"].map(|method| (method, STREAMS)),
        );
        all
    }
}

#[tonic::async_trait]
impl ServerFeatures for Features {
    async fn get_supported_methods(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let named = |(method, service): &(&str, &str)| SupportedMethod {
            method_name: (*method).to_owned(),
            service_name: (*service).to_owned(),
            features: if *method == "read" && *service == STREAMS {
                vec!["position".to_owned(), "events".to_owned()]
            } else {
                Vec::new()
            },
        };
        Ok(Response::new(SupportedMethods {
            methods: self.0.iter().map(named).collect(),
            event_store_server_version: SPOKEN.to_owned(),
        }))
    }
}
