import RunFiles
import Storage

/// A part that is what its receipt says, and what was seen in it.
struct InspectedPart: Sendable {
  let path: String
  let fields: [Field]
  let rowGroups: [ParquetReader.RowGroup]
  /// For each row group the columns in which a NaN was seen.
  let columnsWithNaN: [Set<String>]
  /// Of the numeric columns.
  let profile: BatchProfile
  /// Positions of its rows among those of the run.
  let rows: Range<Int>

  /// Its row groups, at their positions among the rows of the run.
  var sources: [RowGroupSource] {
    var sources: [RowGroupSource] = []
    for (index, group) in rowGroups.enumerated() {
      let first = sources.last?.rows.upperBound ?? rows.lowerBound
      sources.append(
        RowGroupSource(
          path: path, rowGroup: index, rows: first..<first + group.rows, columnsWithNaN: columnsWithNaN[index]))
    }
    return sources
  }
}

extension StagedRun {
  /// Looks at every value of the numeric columns once, several parts at a time.
  ///
  /// - Parameters:
  ///   - key: columns whose fingerprints are gathered; nil for none.
  ///   - keys: where they go.
  ///   - ranges: the ranges of the histograms.
  func inspect(
    _ verified: [VerifiedPart], key: KeyColumns?, into keys: KeySpill?, ranges: [String: ClosedRange<Double>]
  ) throws -> [InspectedPart] {
    var positions: [Range<Int>] = []
    for part in verified {
      let first = positions.last?.upperBound ?? 0
      positions.append(first..<first + part.rowGroups.reduce(0) { $0 + $1.rows })
    }
    return try Parallel.map(Array(zip(verified, positions))) { part, rows in
      var inspection = PartInspection(part, rows: rows, ranges: ranges)
      try inspection.perform(key: key, into: keys)
      return InspectedPart(
        path: part.path, fields: part.fields, rowGroups: part.rowGroups, columnsWithNaN: inspection.columnsWithNaN,
        profile: inspection.profile, rows: rows)
    }
  }
}

/// One pass over a part.
private struct PartInspection {
  private let part: VerifiedPart
  private let rows: Range<Int>
  private let numeric: [String]
  private(set) var profile: BatchProfile
  private(set) var columnsWithNaN: [Set<String>]

  init(_ part: VerifiedPart, rows: Range<Int>, ranges: [String: ClosedRange<Double>]) {
    self.part = part
    self.rows = rows
    numeric = part.fields.filter { BatchProfile.covers($0.type) }.map(\.name)
    profile = BatchProfile(ranges: ranges)
    columnsWithNaN = part.rowGroups.map { _ in [] }
  }

  mutating func perform(key: KeyColumns?, into keys: KeySpill?) throws {
    let columns = Set(numeric).union(key?.inParts ?? [])
    guard !columns.isEmpty else { return }
    var appender = keys.map(KeySpill.Appender.init)
    var row = 0
    try BatchStream.read(part.path, columns: Array(columns)) { batch in
      profileColumns(of: batch, row..<row + batch.rows)
      if let key { try appender?.append(try key.fingerprints(of: batch), from: rows.lowerBound + row) }
      row += batch.rows
    }
    try appender?.finish()
  }

  private mutating func profileColumns(of batch: RecordBatch, _ read: Range<Int>) {
    for name in numeric {
      guard let column = batch[name], profile.add(column) else { continue }
      var first = 0
      for (index, group) in part.rowGroups.enumerated() {
        if read.overlaps(first..<first + group.rows) { columnsWithNaN[index].insert(name) }
        first += group.rows
      }
    }
  }
}
