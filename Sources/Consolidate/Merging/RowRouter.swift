import DeltaLog
import Foundation
import Storage

/// Sends each row of the parts to the file of its partition, leaving out those that are not wanted.
///
/// Partitions are known before the first row is written; of many, some are written in each pass over the parts, so
/// that memory stays bounded whatever their number. Within a pass, pieces are decoded, routed and encoded on several
/// threads and joined in their order.
struct RowRouter: Sendable {
  /// Files open at a time.
  static let openFiles = 16
  /// Rows that are read for a piece. Each partition's share of them becomes a row group.
  static let pieceRows = 1 << 22

  let sources: [RowGroupSource]
  let partition: PartitionValues
  /// Columns of the files.
  let fields: [Field]
  let staticValues: [String: String?]
  let directory: String
  let targetFileBytes: Int
  /// Positions of rows that do not go in.
  let leftOut: RowSet?

  func write(into staging: any StagingArea, suffix: String) throws -> [WrittenFile] {
    let partitions = try self.partitions()
    var written: [WrittenFile] = []
    for start in stride(from: 0, to: partitions.count, by: Self.openFiles) {
      let some = Array(partitions[start..<min(start + Self.openFiles, partitions.count)])
      written += try write(some, into: staging, suffix)
    }
    return written
  }

  private var pieces: [[RowGroupSource]] {
    sources.pieces(rows: Self.pieceRows, reads: Self.pieceRows, leftOut: leftOut)
  }

  /// In the order of their directories.
  private func partitions() throws -> [[String?]] {
    let found = try Parallel.map(pieces) { piece in
      var found: Set<[String?]> = []
      try piece.read(columns: partition.columns.map(\.name), leftOut: leftOut) { batch, kept in
        found.formUnion(partition.groups(of: try kept.map { try batch.taking(rows: $0) } ?? batch).values)
      }
      return found
    }
    return found.reduce(into: Set<[String?]>()) { $0.formUnion($1) }
      .sorted { partition.directory($0) < partition.directory($1) }
  }

  private func write(
    _ partitions: [[String?]], into staging: any StagingArea, _ suffix: String
  ) throws -> [WrittenFile] {
    var files = partitions.map { values in
      PartitionFiles(
        router: self, values: values, prefix: partition.directory(values), staging: staging, suffix: suffix)
    }
    let positions = Dictionary(uniqueKeysWithValues: partitions.enumerated().map { ($1, $0) })
    try Parallel.inOrder(pieces, threads: Parallel.threads) { piece in
      try encode(piece, positions)
    } consume: { encoded in
      for (index, piece) in encoded.enumerated() {
        if let piece { try files[index].append(piece) }
      }
    }
    return try files.indices.flatMap { try files[$0].finish() }
  }

  /// For each partition what the piece holds of it; nil for nothing.
  private func encode(_ piece: [RowGroupSource], _ positions: [[String?]: Int]) throws -> [EncodedPiece?] {
    var writers = [PieceWriter?](repeating: nil, count: positions.count)
    let names = fields.map(\.name)
    try piece.read(columns: names + partition.columns.map(\.name), leftOut: leftOut) { batch, kept in
      let batch = try kept.map { try batch.taking(rows: $0) } ?? batch
      let groups = partition.groups(of: batch)
      guard let columns = batch.selecting(names) else { return }
      for (values, rows) in zip(groups.values, groups.rows) {
        // A partition of another pass.
        guard let index = positions[values] else { continue }
        let writer = try writers[index] ?? PieceWriter(fields: fields)
        writers[index] = writer
        try writer.write(rows.count == batch.rows ? columns : try columns.taking(rows: rows))
      }
    }
    return try writers.map { try $0?.finish() }
  }
}

/// The files of one partition, one after the other.
private struct PartitionFiles {
  let router: RowRouter
  let values: [String?]
  let prefix: String
  let staging: any StagingArea
  let suffix: String
  private var open: (name: String, file: JoinedFile)?
  private var written: [WrittenFile] = []

  init(router: RowRouter, values: [String?], prefix: String, staging: any StagingArea, suffix: String) {
    self.router = router
    self.values = values
    self.prefix = prefix
    self.staging = staging
    self.suffix = suffix
  }

  /// A file ends before the piece that would take it over its size.
  mutating func append(_ piece: EncodedPiece) throws {
    if let open, open.file.bytes + piece.file.bytes > router.targetFileBytes { try close() }
    let (name, file) = try open ?? start()
    open = (name, file)
    try file.append(piece)
  }

  mutating func finish() throws -> [WrittenFile] {
    try close()
    return written
  }

  private func start() throws -> (name: String, file: JoinedFile) {
    let name = "\(prefix)part-\(String(format: "%05d", written.count))-\(suffix).parquet"
    return (name, try JoinedFile(path: staging.location(of: name)))
  }

  private mutating func close() throws {
    guard let (name, file) = open else { return }
    let partitionValues = router.staticValues.merging(router.partition.map(values)) { $1 }
    written.append(try file.finish().written(as: name, in: router.directory, partitionValues))
    open = nil
  }
}
