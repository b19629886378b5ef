//! The streams service of the door. Invariant: reads are answered, writes are refused.

use std::sync::Arc;

use tokio_stream::Empty as NoStream;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    books::Books,
    gate::{Reader, Taker},
    protocol::event_store::client::streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
        TombstoneReq, TombstoneResp, streams_server::Streams,
    },
    reading::{Reading, Responses},
    refusal::access_denied,
};

/// The ledger's streams.
pub(crate) struct Door {
    reading: Reading<Books>,
}

impl Door {
    pub(crate) fn new(reading: Reading<Books>) -> Door {
        Door { reading }
    }
}

#[tonic::async_trait]
impl Streams for Door {
    type ReadStream = Responses;
    type BatchAppendStream = NoStream<Result<BatchAppendResp, Status>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Responses>, Status> {
        // The guard put it there, and there is no way round it.
        let reader = request.extensions().get::<Reader>().cloned();
        let reader = reader.ok_or_else(|| Status::internal("the reader is not known"))?;
        self.reading.read(request.into_inner(), Arc::new(Taker::new(reader))).await
    }
    async fn append(
        &self,
        _: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        Err(access_denied("Append"))
    }
    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(access_denied("Delete"))
    }
    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(access_denied("Tombstone"))
    }
    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Err(access_denied("BatchAppend"))
    }
}
