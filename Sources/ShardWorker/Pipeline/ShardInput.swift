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

  private let plan: Plan
  private let shard: Plan.Shard
  private let description: ModelDescription
  private let assembler: FeatureAssembler
  private var open: (file: Int, reader: ParquetReader)?

  init(_ plan: Plan, shard: Plan.Shard, _ description: ModelDescription) {
    self.plan = plan
    self.shard = shard
    self.description = description
    assembler = FeatureAssembler(description)
  }

  /// Reads one row group, slab by slab, until `body` returns false.
  func read(
    ordinal: Int, batchRows: Int, clock: StageClock,
    _ body: (Slab) throws(WorkerError) -> Bool
  ) throws(WorkerError) {
    let group = shard.rowGroups[ordinal]
    let slabRows = max(Self.slabRows / batchRows, 1) * batchRows
    let scan = try clock.measure { () throws(WorkerError) in
      try self.scan(group, batchRows: slabRows)
    }
    var row = 0
    while row < group.rows {
      let rows = try clock.measure { () throws(WorkerError) in
        try reportingStorage { () throws(StorageError) in try scan.next() }
      }
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

  private func scan(_ group: Plan.RowGroup, batchRows: Int) throws(WorkerError) -> ParquetScan {
    let reader = try reader(for: group.file)
    return try reportingStorage { () throws(StorageError) in
      try reader.scan(
        rowGroup: group.rowGroup, columns: description.columns,
        dictionaries: description.vocabularyColumns, batchRows: batchRows)
    }
  }

  private func reader(for file: Int) throws(WorkerError) -> ParquetReader {
    if let open, open.file == file { return open.reader }
    let reader = try openChecked(plan.input.files[file], path: path(of: file))
    try assembler.check(reader.fields, path: reader.path)
    open = (file, reader)
    return reader
  }

  /// Opens a file and compares it with what the plan says of it.
  private func openChecked(
    _ file: Plan.File, path: String
  ) throws(WorkerError) -> ParquetReader {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let bytes = (attributes?[.size] as? NSNumber)?.intValue else {
      throw .inputChanged(path: path, what: "it cannot be found")
    }
    guard bytes == file.bytes else {
      throw .inputChanged(path: path, what: "it has \(bytes) bytes, the plan says \(file.bytes)")
    }
    let (reader, footer) = try reportingStorage { () throws(StorageError) in
      let reader = try ParquetReader(path: path)
      return (reader, try reader.footer())
    }
    let digest = FileDigest.sha256(of: footer)
    guard digest == file.footerSHA256 else {
      throw .inputChanged(path: path, what: "its footer is another one")
    }
    return reader
  }

  private func path(of file: Int) -> String {
    "\(plan.input.root)/\(plan.input.files[file].path)"
  }
}
