import RunFiles
import Storage

/// The last stage: sorts out bad rows, encodes scores, writes parts and checkpoints.
final class ShardWriter {
  private let directory: RunDirectory
  private let shard: Plan.Shard
  private let idColumn: String
  private let encoder: OutputEncoder
  private let maximumBadRows: Int
  private let parts: PartWriter
  private let deadLetters: DeadLetterFile
  private let progress: ProgressFile
  private(set) var checkpoint: Checkpoint
  private var rowsInPart = 0
  private var rowGroupsDone: Int
  private var rowsIn: Int

  /// Goes on from a checkpoint.
  init(
    _ context: ShardContext, encoder: OutputEncoder, maximumBadRows: Int, progress: ProgressFile,
    from checkpoint: Checkpoint
  ) throws(WorkerError) {
    directory = context.directory
    shard = context.shard
    idColumn = context.description.idColumn
    self.encoder = encoder
    self.maximumBadRows = maximumBadRows
    self.progress = progress
    self.checkpoint = checkpoint
    rowGroupsDone = checkpoint.rowGroupsDone
    rowsIn = checkpoint.rowsIn
    parts = PartWriter(directory, shard: shard.index, attempt: context.attempt)
    deadLetters = try DeadLetterFile(
      directory, shard: shard.index, attempt: context.attempt, after: checkpoint)
    progress.update(rowsIn)
  }

  /// The row groups that are left.
  var rowGroupsToDo: Range<Int> { rowGroupsDone..<shard.rowGroups.count }

  /// Takes the next batch.
  func write(_ scored: ScoredBatch) throws(WorkerError) {
    let batch = scored.batch
    let bad = badRows(scored)
    for row in bad { try put(aside: row.row, isFatal: row.isFatal) }
    let rows = try output(scored, without: Set(bad.map(\.position)))
    try parts.write(rows, sequence: checkpoint.parts.count)
    Failpoint.batchWritten.pass()
    rowsIn += batch.rows
    rowsInPart += batch.rows
    progress.update(rowsIn)
    if batch.endsRowGroup { try endRowGroup() }
  }

  private func endRowGroup() throws(WorkerError) {
    rowGroupsDone += 1
    let isLast = rowGroupsDone == shard.rowGroups.count
    if isLast || rowsInPart >= checkpoint.settings.partRows { try endPart() }
    if Interruption.isRequested, !isLast {
      throw .preempted(rows: checkpoint.rowsIn, total: shard.rows)
    }
  }

  private func endPart() throws(WorkerError) {
    Failpoint.partWritten.pass()
    if let part = try parts.finish() { checkpoint.parts.append(part) }
    Failpoint.partPublished.pass()
    checkpoint.deadLetters = try deadLetters.sync()
    checkpoint.deadLetterBytes = deadLetters.bytes
    checkpoint.rowGroupsDone = rowGroupsDone
    checkpoint.rowsIn = rowsIn
    rowsInPart = 0
    try save()
    Failpoint.checkpointWritten.pass()
  }

  /// Writes the checkpoint as it is now.
  func save() throws(WorkerError) {
    try reportingFiles { () throws(RunFileError) in
      try checkpoint.write(to: directory.checkpoint(shard.index))
    }
  }

  // MARK: Bad rows

  private struct Bad {
    let position: Int
    let row: BadRow
    let isFatal: Bool

    init(
      _ batch: AssembledBatch, _ position: Int, _ column: String, _ reason: String, isFatal: Bool
    ) {
      self.position = position
      self.isFatal = isFatal
      row = BadRow(
        file: batch.place.file, rowGroup: batch.place.rowGroup, row: batch.place.row + position,
        id: batch.ids.text(position) ?? batch.ids.integer(position).map(String.init),
        column: column, reason: reason)
    }
  }

  /// The rows that have no score, in order: those without inputs, then those that came out as NaN.
  private func badRows(_ scored: ScoredBatch) -> [Bad] {
    let batch = scored.batch
    var bad = batch.faults.map { fault in
      Bad(batch, fault.row, fault.column, fault.reason, isFatal: fault.isFatal)
    }
    let known = Set(bad.map(\.position))
    for (row, column) in encoder.faults(in: scored.outputs) where !known.contains(row) {
      bad.append(Bad(batch, row, column, "the model gave NaN", isFatal: false))
    }
    return bad.sorted { $0.position < $1.position }
  }

  private func put(aside row: BadRow, isFatal: Bool) throws(WorkerError) {
    if isFatal || maximumBadRows == 0 { throw .badRow(row) }
    guard deadLetters.rows < maximumBadRows else {
      throw .tooManyBadRows(limit: maximumBadRows, last: row)
    }
    try deadLetters.add(row)
  }

  // MARK: Output

  private func output(
    _ scored: ScoredBatch, without bad: Set<Int>
  ) throws(WorkerError) -> RecordBatch {
    let kept = (0..<scored.batch.rows).filter { !bad.contains($0) }
    var ids = scored.batch.ids
    if !bad.isEmpty {
      guard let taken = ids.taking(kept) else {
        throw .software(reason: "ids of type \(ids.type.name) cannot be selected")
      }
      ids = taken
    }
    ids.field.nullable = false
    let columns = [ids] + (try encoder.columns(of: scored.outputs, kept: kept))
    return try reportingStorage { () throws(StorageError) in try RecordBatch(columns) }
  }
}
