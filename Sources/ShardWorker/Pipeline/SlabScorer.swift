import Storage

/// Takes slabs through assembly, models and encoding, batch by batch. The scores go straight into the
/// columns that are written, so that nothing is joined or copied later.
///
/// Each inference thread has its own.
final class SlabScorer: @unchecked Sendable {
  // Sendable: used by one thread at a time.

  /// One of the models that score the rows.
  struct Model {
    let assembler: FeatureAssembler
    let inference: Inference
    let encoder: OutputEncoder
  }

  private let models: [Model]
  private let idColumn: String
  private let sequenceColumn: String?
  private let columnNames: [String]
  private let batchRows: Int
  private let clocks: ShardPipeline.Clocks

  init(
    _ models: [Model], columns: [String], idColumn: String, sequenceColumn: String?, batchRows: Int,
    clocks: ShardPipeline.Clocks
  ) {
    self.models = models
    columnNames = columns
    self.idColumn = idColumn
    self.sequenceColumn = sequenceColumn
    self.batchRows = batchRows
    self.clocks = clocks
  }

  var halvings: Int { models.reduce(0) { $0 + $1.inference.halvings } }

  /// Scores all rows of a slab. Batches begin at its first row.
  func score(_ slab: ShardInput.Slab) throws(WorkerError) -> ScoredSlab {
    guard let ids = slab.rows[idColumn] else {
      throw .software(reason: "column `\(idColumn)` was not read")
    }
    let order = order(of: slab.rows)
    let rows = try order.map { (order) throws(WorkerError) in try taking(order, of: slab.rows) } ?? slab.rows
    var columns: [Column] = []
    var faults: [ScoredSlab.Fault] = []
    for model in models {
      let scores = OutputColumns(model.encoder.outputs, rows: rows.rows)
      for start in stride(from: 0, to: rows.rows, by: batchRows) {
        faults += try score(rows, start..<min(start + batchRows, rows.rows), model, into: scores)
      }
      columns += try scores.columns()
    }
    if let order {
      columns = try restored(columns, order)
      faults = faults.map { $0.moved(to: order[$0.row]) }
    }
    Failpoint.slabScored.pass()
    return ScoredSlab(
      ids: ids, scores: columns, place: slab.place, faults: ScoredSlab.Fault.firstOfEachRow(faults),
      nullCounts: columnNames.map { slab.rows[$0]?.nullCount ?? 0 }, endsRowGroup: slab.isLastOfRowGroup)
  }

  private func score(
    _ rows: RecordBatch, _ range: Range<Int>, _ model: Model, into scores: OutputColumns
  ) throws(WorkerError) -> [ScoredSlab.Fault] {
    let assembled = try clocks.assemble.measure { () throws(WorkerError) in
      try model.assembler.assemble(rows[range])
    }
    let result = try clocks.infer.measure { () throws(WorkerError) in
      try model.inference.run(assembled.inputs)
    }
    return try clocks.encode.measure { () throws(WorkerError) in
      try scores.append(result.outputs)
      return faults(assembled.faults, result, model.encoder, after: range.lowerBound)
    }
  }

  /// The rows without inputs, those that the model failed on, and those that came out as NaN.
  private func faults(
    _ assembled: [FeatureAssembler.Fault], _ result: Inference.Result, _ encoder: OutputEncoder,
    after start: Int
  ) -> [ScoredSlab.Fault] {
    var faults = assembled.map {
      ScoredSlab.Fault(
        row: start + $0.row, column: $0.column, reason: $0.reason, isFatal: $0.isFatal)
    }
    let column = encoder.outputs.first?.column ?? ""
    faults += result.poison.map {
      ScoredSlab.Fault(
        row: start + $0.row, column: column, reason: "the model failed: \($0.reason)", isFatal: false)
    }
    faults += encoder.faults(in: result.outputs).map {
      ScoredSlab.Fault(row: start + $0.row, column: $0.column, reason: "the model gave NaN", isFatal: false)
    }
    return faults
  }

  // MARK: Rows by length

  /// The rows in the order of their lists' lengths, so that batches need little padding; nil for other models.
  private func order(of rows: RecordBatch) -> [Int]? {
    guard let lengths = sequenceColumn.flatMap({ rows[$0] })?.listLengths else { return nil }
    return lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
  }

  private func taking(_ order: [Int], of rows: RecordBatch) throws(WorkerError) -> RecordBatch {
    try reportingStorage { () throws(StorageError) in try rows.taking(rows: order.map { Int64($0) }) }
  }

  private func restored(_ columns: [Column], _ order: [Int]) throws(WorkerError) -> [Column] {
    var places = [Int](repeating: 0, count: order.count)
    for (place, row) in order.enumerated() { places[row] = place }
    let batch = try reportingStorage { () throws(StorageError) in try RecordBatch(columns) }
    return try taking(places, of: batch).columns
  }
}
