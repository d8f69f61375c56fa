import RunFiles
import Storage

/// The last stage: sorts out bad rows, encodes scores, writes parts and checkpoints.
final class ShardWriter {
  private let directory: RunDirectory
  private let shard: Plan.Shard
  private let idColumn: String
  private let maximumBadRows: Int
  private let parts: PartWriter
  private let deadLetters: DeadLetterFile
  private let progress: ProgressFile
  private let metrics: ShardMetrics
  private(set) var checkpoint: Checkpoint
  private var rowsInPart = 0
  private var rowGroupsDone: Int
  private var rowsIn: Int

  /// Goes on from a checkpoint.
  init(
    _ context: ShardContext, maximumBadRows: Int, progress: ProgressFile,
    metrics: ShardMetrics, from checkpoint: Checkpoint
  ) throws(WorkerError) {
    directory = context.directory
    shard = context.shard
    idColumn = context.idColumn
    self.maximumBadRows = maximumBadRows
    self.progress = progress
    self.metrics = metrics
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

  /// Takes the next slab.
  func write(_ slab: ScoredSlab) throws(WorkerError) {
    for fault in slab.faults { try put(aside: badRow(slab, fault), isFatal: fault.isFatal) }
    try parts.write(try output(slab), sequence: checkpoint.parts.count)
    Failpoint.batchWritten.pass()
    rowsIn += slab.rows
    rowsInPart += slab.rows
    progress.update(rowsIn)
    metrics.wrote(rows: slab.rows, deadLetters: slab.faults.count)
    if slab.endsRowGroup { try endRowGroup() }
  }

  private func endRowGroup() throws(WorkerError) {
    rowGroupsDone += 1
    Failpoint.rowGroupEnded.pass()
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
    Failpoint.deadLettersSynced.pass()
    checkpoint.deadLetterBytes = deadLetters.bytes
    checkpoint.rowGroupsDone = rowGroupsDone
    checkpoint.rowsIn = rowsIn
    rowsInPart = 0
    try save()
    metrics.checkpointed()
    Failpoint.checkpointWritten.pass()
  }

  /// Writes the checkpoint as it is now.
  func save() throws(WorkerError) {
    try reportingFiles { () throws(RunFileError) in
      try checkpoint.write(to: directory.checkpoint(shard.index))
    }
  }

  // MARK: Bad rows

  private func badRow(_ slab: ScoredSlab, _ fault: ScoredSlab.Fault) -> BadRow {
    let id = slab.ids.text(fault.row) ?? slab.ids.integer(fault.row).map(String.init)
    return BadRow(
      file: slab.place.file, rowGroup: slab.place.rowGroup, row: slab.place.row + fault.row,
      id: id, column: fault.column, reason: fault.reason)
  }

  private func put(aside row: BadRow, isFatal: Bool) throws(WorkerError) {
    if isFatal || maximumBadRows == 0 { throw .badRow(row) }
    guard deadLetters.rows < maximumBadRows else {
      throw .tooManyBadRows(limit: maximumBadRows, last: row)
    }
    try deadLetters.add(row)
  }

  // MARK: Output

  private func output(_ slab: ScoredSlab) throws(WorkerError) -> RecordBatch {
    var ids = slab.ids
    ids.field.nullable = false
    let columns = [ids] + slab.scores
    if !slab.faults.isEmpty {
      let bad = Set(slab.faults.map(\.row))
      let kept = (0..<slab.rows).filter { !bad.contains($0) }.map { Int64($0) }
      return try reportingStorage { () throws(StorageError) in
        try RecordBatch(columns).taking(rows: kept)
      }
    }
    return try reportingStorage { () throws(StorageError) in try RecordBatch(columns) }
  }
}
