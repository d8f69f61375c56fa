import DeltaLog
import Foundation
import RunFiles
import Storage

/// A finished file of the table.
struct TableFile: Equatable, Codable, Sendable {
  /// Relative to the table.
  var path: String
  var rows: Int
  var bytes: Int
  var sha256: String
}

/// A file and what its `add` says of it.
struct WrittenFile: Sendable {
  /// Relative to the batch's directory.
  let name: String
  let file: TableFile
  let statistics: FileStatistics
  let partitionValues: [String: String?]
  /// Tags of the file whose rows were taken over; nil for the batch's own.
  var inheritedTags: [String: String?]?
}

/// What a data file turned out to be, from its footer.
struct FinishedFile {
  let rows: Int
  let bytes: Int
  let sha256: String
  let statistics: FileStatistics

  init(path: String, sha256: String, columnsWithNaN: Set<String>) throws {
    let reader = try ParquetReader(path: path)
    var columns: [String: FileStatistics.Column] = [:]
    for field in reader.fields {
      columns[field.name] = DeltaColumn.statistics(
        try reader.statistics(of: field.name), type: field.type, hasNaN: columnsWithNaN.contains(field.name))
    }
    rows = reader.rows
    bytes = reader.bytes
    self.sha256 = sha256
    statistics = FileStatistics(numRecords: reader.rows, columns: columns)
  }

  func written(
    as name: String, in directory: String, _ values: [String: String?], inheritedTags: [String: String?]? = nil
  ) -> WrittenFile {
    WrittenFile(
      name: name, file: TableFile(path: "\(directory)/\(name)", rows: rows, bytes: bytes, sha256: sha256),
      statistics: statistics, partitionValues: values, inheritedTags: inheritedTags)
  }
}

extension ByteInput {
  /// Of the whole file, read in pieces.
  func sha256() throws -> String {
    var digest = RunningDigest()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(bytes, 1), 4 << 20), alignment: 64)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: bytes, by: buffer.count) {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, bytes - start)])
      try read(start, into: piece)
      digest.update(UnsafeRawBufferPointer(piece))
    }
    return digest.sha256
  }
}

/// A SHA-256 that grows with what a writer writes.
final class DigestBox {
  private var digest = RunningDigest()

  func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

  var sha256: String { digest.sha256 }
}

extension Column {
  /// Whether a value that is not null is NaN.
  var hasNaN: Bool {
    switch type {
    case .float32: withValues(as: Float.self) { hasNaN($0) }
    case .float64: withValues(as: Double.self) { hasNaN($0) }
    default: false
    }
  }

  // What stands in the place of a null is undefined, and may well be a NaN.
  private func hasNaN(_ values: UnsafeBufferPointer<some BinaryFloatingPoint>?) -> Bool {
    guard let values else { return false }
    // Whether there is any is asked first: it is one pass over plain memory, and there seldom is.
    guard values.contains(where: \.isNaN) else { return false }
    return values.indices.contains { values[$0].isNaN && !isNull($0) }
  }
}
