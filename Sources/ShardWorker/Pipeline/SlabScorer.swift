import Storage

/// Takes slabs through assembly, model and encoding, batch by batch. The scores go straight into the
/// columns that are written, so that nothing is joined or copied later.
///
/// Each inference thread has its own.
final class SlabScorer: @unchecked Sendable {
  // Sendable: used by one thread at a time.

  private let assembler: FeatureAssembler
  private let inference: Inference
  private let encoder: OutputEncoder
  private let batchRows: Int
  private let clocks: ShardPipeline.Clocks

  init(
    _ assembler: FeatureAssembler, _ inference: Inference, _ encoder: OutputEncoder, batchRows: Int,
    clocks: ShardPipeline.Clocks
  ) {
    self.assembler = assembler
    self.inference = inference
    self.encoder = encoder
    self.batchRows = batchRows
    self.clocks = clocks
  }

  var halvings: Int { inference.halvings }

  /// Scores all rows of a slab. Batches begin at its first row.
  func score(_ slab: ShardInput.Slab) throws(WorkerError) -> ScoredSlab {
    let rows = slab.rows.rows
    guard let ids = slab.rows[assembler.idColumn] else {
      throw .software(reason: "column `\(assembler.idColumn)` was not read")
    }
    let scores = OutputColumns(encoder.outputs, rows: rows)
    var faults: [ScoredSlab.Fault] = []
    for start in stride(from: 0, to: rows, by: batchRows) {
      faults += try score(slab.rows, start..<min(start + batchRows, rows), into: scores)
    }
    return ScoredSlab(
      ids: ids, scores: scores.columns, place: slab.place, faults: faults,
      endsRowGroup: slab.isLastOfRowGroup)
  }

  private func score(
    _ rows: RecordBatch, _ range: Range<Int>, into scores: OutputColumns
  ) throws(WorkerError) -> [ScoredSlab.Fault] {
    let assembled = try clocks.assemble.measure { () throws(WorkerError) in
      try assembler.assemble(rows[range])
    }
    let tensors = try clocks.infer.measure { () throws(WorkerError) in
      try inference.run(assembled.inputs)
    }
    return try clocks.encode.measure { () throws(WorkerError) in
      try scores.append(tensors)
      return faults(assembled.faults, tensors, after: range.lowerBound)
    }
  }

  /// The rows without inputs, and those that came out as NaN.
  private func faults(
    _ assembled: [FeatureAssembler.Fault], _ tensors: [OutputTensor], after start: Int
  ) -> [ScoredSlab.Fault] {
    var faults = assembled.map {
      ScoredSlab.Fault(
        row: start + $0.row, column: $0.column, reason: $0.reason, isFatal: $0.isFatal)
    }
    let known = Set(assembled.map(\.row))
    for (row, column) in encoder.faults(in: tensors) where !known.contains(row) {
      faults.append(
        ScoredSlab.Fault(
          row: start + row, column: column, reason: "the model gave NaN", isFatal: false))
    }
    return faults.sorted { $0.row < $1.row }
  }
}
