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
  /// Of the key columns that were asked for, in the order of the rows.
  let fingerprints: [KeyFingerprint]
}

extension StagedRun {
  /// Looks at every value of the numeric columns once, several parts at a time.
  ///
  /// - Parameters:
  ///   - key: columns whose fingerprints are gathered; empty for none.
  ///   - ranges: the ranges of the histograms.
  func inspect(
    _ verified: [VerifiedPart], key: KeyColumns?, ranges: [String: ClosedRange<Double>]
  ) throws -> [InspectedPart] {
    try Parallel.map(verified) { try Self.inspect($0, key, ranges) }
  }

  private static func inspect(
    _ part: VerifiedPart, _ key: KeyColumns?, _ ranges: [String: ClosedRange<Double>]
  ) throws -> InspectedPart {
    let numeric = part.fields.filter { BatchProfile.covers($0.type) }.map(\.name)
    let columns = Set(numeric).union(key?.inParts ?? [])
    var profile = BatchProfile(ranges: ranges)
    var nan: [Set<String>] = []
    var fingerprints: [KeyFingerprint] = []
    if key != nil { fingerprints.reserveCapacity(part.rowGroups.reduce(0) { $0 + $1.rows }) }
    for group in part.rowGroups.indices {
      var seen: Set<String> = []
      guard !columns.isEmpty else {
        nan.append(seen)
        continue
      }
      try BatchStream.read(part.path, rowGroups: [group], columns: Array(columns)) { batch in
        for name in numeric {
          guard let column = batch[name] else { continue }
          if profile.add(column) { seen.insert(name) }
        }
        if let key { fingerprints += try key.fingerprints(of: batch) }
      }
      nan.append(seen)
    }
    return InspectedPart(
      path: part.path, fields: part.fields, rowGroups: part.rowGroups, columnsWithNaN: nan, profile: profile,
      fingerprints: fingerprints)
  }
}
