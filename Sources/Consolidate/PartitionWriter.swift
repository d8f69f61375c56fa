import DeltaLog
import Foundation
import RunFiles
import Storage

/// A finished file of the table.
struct TableFile: Equatable, Codable {
  /// Relative to the table.
  var path: String
  var rows: Int
  var bytes: Int
  var sha256: String
}

/// Streams parts into the files of one partition, in the order of the rows.
struct PartitionWriter {
  /// Rows held in memory at a time. Fixed, because equal batches are what makes equal bytes.
  private static let batchRows = 1 << 16

  /// Full paths of the parts.
  let parts: [String]
  let layout: FileLayout

  /// A file and what its `add` says of it.
  struct Written {
    let name: String
    let file: TableFile
    let statistics: FileStatistics
  }

  /// Writes all files into a directory under their final names.
  ///
  /// - Parameters:
  ///   - suffix: makes the names unique: equal for equal content only.
  ///   - prefix: the partition's directory in the table.
  func write(into directory: String, suffix: String, prefix: String) throws -> [Written] {
    try layout.files.enumerated().map { index, sources in
      let name = "part-\(String(format: "%05d", index))-\(suffix).parquet"
      return try write(sources, to: "\(directory)/\(name)", name: name, prefix: prefix)
    }
  }

  private func write(
    _ sources: [FileLayout.Source], to path: String, name: String, prefix: String
  ) throws -> Written {
    let columnsWithNaN = try copy(sources, to: path)
    let reader = try ParquetReader(path: path)
    let statistics = FileStatistics(
      numRecords: reader.rows, columns: try Self.statistics(reader, columnsWithNaN))
    let file = TableFile(
      path: "\(prefix)/\(name)", rows: reader.rows, bytes: reader.bytes,
      sha256: try FileDigest.sha256(ofFile: path))
    return Written(name: name, file: file, statistics: statistics)
  }

  /// - Returns: the columns in which a NaN was seen.
  private func copy(_ sources: [FileLayout.Source], to path: String) throws -> Set<String> {
    var columnsWithNaN: Set<String> = []
    var writer: ParquetWriter?
    var open: (part: Int, reader: ParquetReader)?
    for source in sources {
      let reader = open?.part == source.part ? open?.reader : nil
      let current = try reader ?? ParquetReader(path: parts[source.part])
      open = (source.part, current)
      let target = try writer ?? Self.writer(path, current.fields)
      writer = target
      try copy(current, source.rowGroup, to: target, noting: &columnsWithNaN)
    }
    try writer?.finish()
    return columnsWithNaN
  }

  private func copy(
    _ reader: ParquetReader, _ rowGroup: Int, to writer: ParquetWriter, noting nan: inout Set<String>
  ) throws {
    let scan = try reader.scan(
      rowGroup: rowGroup, columns: reader.fields.map(\.name), batchRows: Self.batchRows)
    while let batch = try scan.next() {
      for column in batch.columns where !nan.contains(column.name) && column.hasNaN {
        nan.insert(column.name)
      }
      try writer.write(batch)
      Failpoint.writing.reach()
    }
  }

  /// Whole numbers of a prediction are classes: few distinct values, small as a dictionary.
  private static func writer(_ path: String, _ fields: [Field]) throws -> ParquetWriter {
    let classes = fields.filter { $0.type == .int32 }.map(\.name)
    return try ParquetWriter(path: path, fields: fields, options: .init(dictionaryColumns: classes))
  }

  private static func statistics(
    _ reader: ParquetReader, _ columnsWithNaN: Set<String>
  ) throws -> [String: FileStatistics.Column] {
    var columns: [String: FileStatistics.Column] = [:]
    for field in reader.fields {
      columns[field.name] = DeltaColumn.statistics(
        try reader.statistics(of: field.name), type: field.type,
        hasNaN: columnsWithNaN.contains(field.name))
    }
    return columns
  }
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
    return values.indices.contains { values[$0].isNaN && !isNull($0) }
  }
}
