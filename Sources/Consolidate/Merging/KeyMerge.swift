import DeltaLog
import Storage
import Synchronization

/// The columns that tell rows apart, within their partition.
struct KeyColumns: Sendable {
  /// Without the partition columns.
  let names: [String]
  let partition: [Batch.DataColumn]

  init(_ names: [String], _ batch: Batch) throws {
    let inFiles = names.filter { !batch.partitionColumns.contains($0) }
    guard !inFiles.isEmpty else { throw ConsolidateError.keyIsPartition(columns: names) }
    self.names = inFiles
    partition = batch.dataPartition
  }

  /// What has to be read of a part.
  var inParts: [String] { names + partition.map(\.name) }

  /// Of a part's rows: key and partition.
  func fingerprints(of batch: RecordBatch) throws -> [KeyFingerprint] {
    let values = PartitionValues(columns: partition).texts(of: batch)
    return try fingerprints(of: batch) { row in values[row] }
  }

  /// Of the rows of a table's file, whose partition is in the log.
  func fingerprints(of batch: RecordBatch, in file: AddedFile) throws -> [KeyFingerprint] {
    let values = partition.map { column in (file.partitionValues[column.name] ?? nil) }
    return try fingerprints(of: batch) { _ in values }
  }

  private func fingerprints(of batch: RecordBatch, partition values: (Int) -> [String?]) throws -> [KeyFingerprint] {
    let scope = partition.indices.map { index in
      Column("partition \(index)", texts: (0..<batch.rows).map { values($0)[index] })
    }
    // A column that is younger than the file is null in it.
    let key = names.map { batch[$0] ?? Column($0, texts: Array(repeating: nil, count: batch.rows)) }
    return try RecordBatch(scope + key).fingerprints()
  }
}

/// Which keys of a batch one version of a table holds: a hash join, share by share.
struct KeyMerge: Sendable {
  /// A file of the table that holds keys of the batch.
  struct Hit: Sendable {
    let file: AddedFile
    /// Positions of its rows among all rows that were looked at.
    let rows: Range<Int>
    /// The rows that the batch does not replace.
    let kept: Int
  }

  private struct Found {
    var inTable: RowSet
    var inBatch: RowSet
  }

  /// The rows of the batch whose key the table has.
  let inTable: RowSet
  let hits: [Hit]
  /// The rows of the table whose key the batch has.
  let replaced: RowSet

  /// - Parameters:
  ///   - keys: the batch's, none of them twice.
  ///   - rows: of the batch.
  ///   - files: in the batch's partitions.
  init(_ columns: KeyColumns, keys: KeySpill, rows: Int, files: [AddedFile], store: any TableStore) throws {
    var scopes: [(file: AddedFile, rows: Range<Int>)] = []
    for file in files {
      let first = scopes.last?.rows.upperBound ?? 0
      scopes.append((file, first..<first + (try Self.reader(file, store).rows)))
    }
    let present = try KeySpill(shares: keys.shares)
    _ = try Parallel.map(scopes) { try Self.gather($0.file, from: $0.rows.lowerBound, columns, store, into: present) }
    let found = Mutex(
      Found(inTable: RowSet(rows: rows), inBatch: RowSet(rows: scopes.last?.rows.upperBound ?? 0)))
    _ = try Parallel.map(Array(0..<keys.shares)) { share in
      let pairs = try Self.join(keys, present, share)
      found.withLock { found in
        for (row, tableRow) in pairs {
          found.inTable.insert(row)
          found.inBatch.insert(tableRow)
        }
      }
    }
    let (inTable, replaced) = found.withLock { ($0.inTable, $0.inBatch) }
    (self.inTable, self.replaced) = (inTable, replaced)
    hits = scopes.compactMap { scope in
      let count = replaced.count(in: scope.rows)
      return count == 0 ? nil : Hit(file: scope.file, rows: scope.rows, kept: scope.rows.count - count)
    }
  }

  static func reader(_ file: AddedFile, _ store: any TableStore) throws -> ParquetReader {
    try ParquetReader(path: store.location(PercentEncoding.decode(file.path)))
  }

  private static func gather(
    _ file: AddedFile, from first: Int, _ columns: KeyColumns, _ store: any TableStore, into present: KeySpill
  ) throws {
    let reader = try reader(file, store)
    let names = columns.names.filter { name in reader.fields.contains { $0.name == name } }
    // A file without any of the columns has nulls in all of them: any column says how many rows there are.
    let read = names.isEmpty ? reader.fields.prefix(1).map(\.name) : names
    var appender = KeySpill.Appender(present)
    var position = first
    try BatchStream.read(reader, columns: read) { batch in
      try appender.append(try columns.fingerprints(of: batch, in: file), from: position)
      position += batch.rows
    }
    try appender.finish()
  }

  private static func join(
    _ keys: KeySpill, _ present: KeySpill, _ share: Int
  ) throws -> [(row: Int, tableRow: Int)] {
    guard present.count(of: share) > 0, keys.count(of: share) > 0 else { return [] }
    let table = try KeyTable(keys, share)
    var pairs: [(row: Int, tableRow: Int)] = []
    try present.read(share) { entry in
      if let row = table.position(of: entry.key) { pairs.append((row, entry.position)) }
    }
    return pairs
  }
}
