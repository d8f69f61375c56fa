import Storage

/// A batch between the stages: consecutive rows of one row group.
struct AssembledBatch: Sendable {
  let ids: Column
  let inputs: [InputTensor]
  let place: ShardInput.Place
  let faults: [FeatureAssembler.Fault]
  let endsRowGroup: Bool

  var rows: Int { ids.rows }
}

/// A batch with what the model said of it.
struct ScoredBatch: Sendable {
  let batch: AssembledBatch
  let outputs: [OutputTensor]
}
