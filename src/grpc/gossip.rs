//! Who is in the cluster: this server alone. Invariant: the address named is the one the client
//! reached.

use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::protocol::event_store::client::{
    Empty, Uuid as WireId,
    gossip::{ClusterInfo, EndPoint, MemberInfo, gossip_server::Gossip, member_info::VNodeState},
    uuid::Value,
};

/// A cluster of one.
#[derive(Debug, Clone)]
pub struct Alone(Uuid);

impl Default for Alone {
    fn default() -> Alone {
        Alone(Uuid::new_v4())
    }
}

#[tonic::async_trait]
impl Gossip for Alone {
    async fn read(&self, request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        let reached = request
            .local_addr()
            .ok_or_else(|| Status::internal("the address of the connection is unknown"))?;
        let member = MemberInfo {
            instance_id: Some(WireId { value: Some(Value::String(self.0.to_string())) }),
            time_stamp: 0,
            state: VNodeState::Leader.into(),
            is_alive: true,
            http_end_point: Some(EndPoint {
                address: reached.ip().to_string(),
                port: reached.port().into(),
            }),
        };
        Ok(Response::new(ClusterInfo { members: vec![member] }))
    }
}
