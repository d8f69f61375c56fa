import Foundation
import RunFiles
import Storage

/// The row groups of one shard, read in slabs that are whole numbers of batches.
///
/// Every file is checked against the plan when it is opened. Used by one thread.
final class ShardInput {
  /// Some consecutive rows of one row group.
  struct Slab: Sendable {
    let rows: RecordBatch
    let place: Place
    /// Position of the row group in the shard.
    let ordinal: Int
    let isLastOfRowGroup: Bool
  }

  /// Where the first row of a slab or batch lies in the input.
  struct Place: Sendable, Equatable {
    let file: String
    let rowGroup: Int
    var row: Int
  }

  private static let slabRows = 65_536
  private static let sequenceSlabRows = 4096

  private let plan: Plan
  private let shard: Plan.Shard
  private let models: [ModelDescription]
  private let assemblers: [FeatureAssembler]
  private let columns: [String]
  private let slabRows: Int
  private var open: Opened?

  /// A file whose row groups are being read.
  private struct Opened {
    let file: Int
    let reader: ParquetReader
    let partition: PartitionColumns
  }

  init(_ plan: Plan, shard: Plan.Shard, _ models: [ModelDescription]) {
    self.plan = plan
    self.shard = shard
    self.models = models
    assemblers = models.map(FeatureAssembler.init)
    columns = Self.columnNames(models)
    // Rows with sequences take milliseconds each: what passes between threads has to stay small.
    slabRows = models.contains { $0.sequenceColumn != nil } ? Self.sequenceSlabRows : Self.slabRows
  }

  /// The columns that models read, each once.
  static func columnNames(_ models: [ModelDescription]) -> [String] {
    var seen: Set<String> = []
    return models.flatMap(\.columns).filter { seen.insert($0).inserted }
  }

  /// Reads one row group, slab by slab, until `body` returns false.
  func read(
    ordinal: Int, batchRows: Int, clock: StageClock,
    _ body: (Slab) throws(WorkerError) -> Bool
  ) throws(WorkerError) {
    let group = shard.rowGroups[ordinal]
    let slabRows = max(slabRows / batchRows, 1) * batchRows
    let (scan, partition) = try clock.measure { () throws(WorkerError) in
      try self.scan(group, batchRows: slabRows)
    }
    var row = 0
    while row < group.rows {
      let rows = try clock.measure { () throws(WorkerError) in
        try reportingStorage { () throws(StorageError) in
          try scan.next().map { (rows) throws(StorageError) in try rows.adding(partition.columns(rows: rows.rows)) }
        }
      }
      Failpoint.slabRead.pass()
      guard let rows else { break }
      let place = Place(file: path(of: group.file), rowGroup: group.rowGroup, row: row)
      row += rows.rows
      let slab = Slab(
        rows: rows, place: place, ordinal: ordinal, isLastOfRowGroup: row == group.rows)
      guard try body(slab) else { return }
    }
    guard row == group.rows else {
      throw .inputChanged(
        path: path(of: group.file),
        what: "row group \(group.rowGroup) has \(row) rows, the plan says \(group.rows)")
    }
  }

  private func scan(
    _ group: Plan.RowGroup, batchRows: Int
  ) throws(WorkerError) -> (ParquetScan, PartitionColumns) {
    let opened = try opened(group.file)
    let names = opened.partition.names
    let scan = try reportingStorage { () throws(StorageError) in
      try opened.reader.scan(
        rowGroup: group.rowGroup, columns: columns.filter { !names.contains($0) },
        dictionaries: models.reduce(into: Set()) { $0.formUnion($1.vocabularyColumns) }.subtracting(names),
        batchRows: batchRows)
    }
    return (scan, opened.partition)
  }

  private func opened(_ file: Int) throws(WorkerError) -> Opened {
    if let open, open.file == file { return open }
    let reader = try openChecked(plan.input.files[file], path: path(of: file))
    let partition = PartitionColumns(path: reader.path, models, beside: reader.fields)
    for assembler in assemblers { try assembler.check(reader.fields + partition.fields, path: reader.path) }
    let opened = Opened(file: file, reader: reader, partition: partition)
    open = opened
    return opened
  }

  /// Opens a file and compares it with what the plan says of it.
  private func openChecked(
    _ file: Plan.File, path: String
  ) throws(WorkerError) -> ParquetReader {
    if let expected = file.sha256, let found = try? FileDigest.sha256(ofFile: path), found != expected {
      throw .inputChanged(path: path, what: "its SHA-256 is \(found), the plan says \(expected)")
    }
    let reader: ParquetReader
    let footer: Data
    do throws(StorageError) {
      reader = try ParquetReader(path: path)
      footer = try reader.footer()
    } catch {
      if error.category == .missing { throw .inputChanged(path: path, what: "it cannot be found") }
      if error.category == .data, let bytes = try? FileDigest.bytes(ofFile: path), bytes != file.bytes {
        throw .inputChanged(path: path, what: "it has \(bytes) bytes, the plan says \(file.bytes)")
      }
      throw .storage(error)
    }
    guard reader.bytes == file.bytes else {
      throw .inputChanged(path: path, what: "it has \(reader.bytes) bytes, the plan says \(file.bytes)")
    }
    guard FileDigest.sha256(of: footer) == file.footerSHA256 else {
      throw .inputChanged(path: path, what: "its footer is another one")
    }
    return reader
  }

  private func path(of file: Int) -> String {
    "\(plan.input.root)/\(plan.input.files[file].path)"
  }
}
