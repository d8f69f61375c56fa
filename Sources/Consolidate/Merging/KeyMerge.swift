import DeltaLog
import Storage

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

/// The keys of a batch, each with whether the table has it.
struct BatchKeys {
  private let sorted: [KeyFingerprint]
  private var isInTable: [Bool]

  /// - Throws: `duplicateKeys`: which of two rows counts is not for a merge to guess.
  init(_ parts: [InspectedPart], columns: [String]) throws {
    var keys = parts.flatMap(\.fingerprints)
    keys.sort()
    let duplicates = zip(keys, keys.dropFirst()).count { $0 == $1 }
    guard duplicates == 0 else { throw ConsolidateError.duplicateKeys(count: duplicates, columns: columns) }
    sorted = keys
    isInTable = Array(repeating: false, count: keys.count)
  }

  /// How many keys of the batch are in the table.
  var matches: Int { isInTable.count { $0 } }

  /// Whether the batch has this key; if so, it is noted that the table has it as well.
  mutating func note(_ key: KeyFingerprint) -> Bool {
    guard let index = index(of: key) else { return false }
    isInTable[index] = true
    return true
  }

  func isInTable(_ key: KeyFingerprint) -> Bool { index(of: key).map { isInTable[$0] } ?? false }

  private func index(of key: KeyFingerprint) -> Int? {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low] == key ? low : nil
  }
}

/// Merges a batch into what one version of a table holds, by key.
struct KeyMerge {
  /// A file of the table that holds keys of the batch.
  struct Hit {
    let file: AddedFile
    /// The rows that the batch does not replace.
    let kept: Int
  }

  let columns: KeyColumns
  let store: any TableStore
  private(set) var keys: BatchKeys
  private(set) var hits: [Hit] = []

  init(columns: KeyColumns, parts: [InspectedPart], store: any TableStore) throws {
    self.columns = columns
    self.store = store
    keys = try BatchKeys(parts, columns: columns.names)
  }

  /// Looks for the batch's keys in files of the table.
  mutating func match(_ files: [AddedFile]) throws {
    for file in files {
      var kept = 0
      var matched = 0
      try read(file, columns: columns.names) { batch in
        for key in try columns.fingerprints(of: batch, in: file) {
          if keys.note(key) { matched += 1 } else { kept += 1 }
        }
      }
      if matched > 0 { hits.append(Hit(file: file, kept: kept)) }
    }
  }

  /// Writes the rows of a file that the batch does not replace into a new one; nil when there are none.
  func rewrite(_ hit: Hit, as name: String, in directory: String, staging: any StagingArea) throws -> WrittenFile? {
    guard hit.kept > 0 else { return nil }
    var writer: TableFileWriter?
    try read(hit.file, columns: nil) { batch in
      let found = try columns.fingerprints(of: batch, in: hit.file)
      let kept = found.indices.filter { !keys.isInTable(found[$0]) }.map(Int64.init)
      guard !kept.isEmpty else { return }
      let target = try writer ?? TableFileWriter(path: staging.location(of: name), fields: batch.fields)
      writer = target
      try target.write(try batch.taking(rows: kept))
    }
    return try writer?.finish().written(
      as: name, in: directory, hit.file.partitionValues, inheritedTags: hit.file.tags ?? [:])
  }

  private func read(_ file: AddedFile, columns: [String]?, _ body: (RecordBatch) throws -> Void) throws {
    let path = store.location(PercentEncoding.decode(file.path))
    let present = try columns.map { wanted in
      let names = Set(try ParquetReader(path: path).fields.map(\.name))
      return wanted.filter(names.contains)
    }
    try BatchStream.read(path, columns: present, body)
  }
}
