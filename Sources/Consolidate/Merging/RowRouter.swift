import DeltaLog
import Foundation
import Storage

/// Sends each row of the parts to the file of its partition, leaving out those that a filter does not want.
///
/// Partitions are known before the first row is written; of many, some are written in each pass over the parts, so
/// that memory stays bounded whatever their number.
struct RowRouter {
  /// Files open at a time; each holds a row group in memory.
  static let openFiles = 16

  let parts: [InspectedPart]
  let partition: PartitionValues
  /// Columns of the files.
  let columns: [String]
  let staticValues: [String: String?]
  let directory: String
  let targetFileBytes: Int
  /// Positions of rows that do not go in.
  var leftOut: RowSet?

  func write(into staging: any StagingArea, suffix: String) throws -> [WrittenFile] {
    let partitions = try self.partitions()
    var written: [WrittenFile] = []
    for start in stride(from: 0, to: partitions.count, by: Self.openFiles) {
      let some = Array(partitions[start..<min(start + Self.openFiles, partitions.count)])
      written += try write(some, into: staging, suffix)
    }
    return written
  }

  /// In the order of their directories.
  private func partitions() throws -> [[String?]] {
    guard !partition.columns.isEmpty else { return [[]] }
    var found: Set<[String?]> = []
    for part in parts {
      try BatchStream.read(part.path, columns: partition.columns.map(\.name)) { batch in
        found.formUnion(partition.texts(of: batch))
      }
    }
    return found.sorted { partition.directory($0) < partition.directory($1) }
  }

  private func write(
    _ partitions: [[String?]], into staging: any StagingArea, _ suffix: String
  ) throws -> [WrittenFile] {
    var files = partitions.map { values in
      PartitionFiles(
        router: self, values: values, prefix: partition.directory(values), staging: staging, suffix: suffix)
    }
    let positions = Dictionary(uniqueKeysWithValues: partitions.enumerated().map { ($1, $0) })
    var first = 0
    for part in parts {
      try BatchStream.read(part.path) { batch in
        let targets = self.targets(of: batch, positions, first)
        first += batch.rows
        for (index, rows) in targets.enumerated() where !rows.isEmpty {
          try files[index].write(rows.count == batch.rows ? batch : try batch.taking(rows: rows))
        }
      }
    }
    return try files.indices.flatMap { try files[$0].finish() }
  }

  /// For each partition the rows that belong to it.
  private func targets(of batch: RecordBatch, _ positions: [[String?]: Int], _ first: Int) -> [[Int64]] {
    var targets = [[Int64]](repeating: [], count: positions.count)
    let values = partition.columns.isEmpty ? nil : partition.texts(of: batch)
    for row in 0..<batch.rows where !(leftOut?.contains(first + row) ?? false) {
      guard let index = values.map({ positions[$0[row]] }) ?? 0 else { continue }
      targets[index].append(Int64(row))
    }
    return targets
  }

  /// Where a file ends, in rows: decided from the parts' footers, so that equal parts give equal files.
  fileprivate var rowsPerFile: Int {
    let groups = parts.flatMap(\.rowGroups)
    let (rows, bytes) = (groups.reduce(0) { $0 + $1.rows }, groups.reduce(0) { $0 + $1.bytes })
    guard bytes > 0 else { return .max }
    return max(1, Int(Double(targetFileBytes) / Double(bytes) * Double(max(rows, 1))))
  }
}

/// The files of one partition, one after the other.
private struct PartitionFiles {
  let router: RowRouter
  let values: [String?]
  let prefix: String
  let staging: any StagingArea
  let suffix: String
  private var open: (name: String, writer: TableFileWriter)?
  private var written: [WrittenFile] = []

  init(router: RowRouter, values: [String?], prefix: String, staging: any StagingArea, suffix: String) {
    self.router = router
    self.values = values
    self.prefix = prefix
    self.staging = staging
    self.suffix = suffix
  }

  mutating func write(_ batch: RecordBatch) throws {
    guard let rows = batch.selecting(router.columns) else { return }
    let limit = router.rowsPerFile
    var from = 0
    while from < rows.rows {
      let (name, writer) = try open ?? start(rows.fields)
      open = (name, writer)
      let count = min(rows.rows - from, limit - writer.rows)
      try writer.write(rows[from..<from + count])
      from += count
      if writer.rows >= limit { try close() }
    }
  }

  mutating func finish() throws -> [WrittenFile] {
    try close()
    return written
  }

  private func start(_ fields: [Field]) throws -> (name: String, writer: TableFileWriter) {
    let name = "\(prefix)part-\(String(format: "%05d", written.count))-\(suffix).parquet"
    return (name, try TableFileWriter(path: staging.location(of: name), fields: fields))
  }

  private mutating func close() throws {
    guard let (name, writer) = open else { return }
    let partitionValues = router.staticValues.merging(router.partition.map(values)) { $1 }
    written.append(try writer.finish().written(as: name, in: router.directory, partitionValues))
    open = nil
  }
}
