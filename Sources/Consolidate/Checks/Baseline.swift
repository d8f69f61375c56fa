import DeltaLog
import Foundation
import RunFiles

extension Double {
  /// Natural.
  var logarithm: Double { Foundation.log(self) }
}

/// An earlier batch that a new one is compared with.
struct Baseline: Equatable, Sendable {
  /// Where a baseline comes from.
  enum Source: Equatable, Sendable {
    /// The last batch of the same model version that the table holds.
    case previous
    /// A manifest.
    case file(String)
    case none
  }

  /// As in the manifest.
  var batch: String
  var rows: Int
  var columns: [String: ColumnProfile]

  /// How many commits are looked through for a batch of the same model version.
  private static let commitsToSearch = 100

  /// nil when there is none.
  static func find(_ source: Source, for batch: Batch, modelVersion: String, in table: DeltaTable) throws -> Baseline? {
    switch source {
    case .none: return nil
    case .file(let path):
      let manifest = try BatchManifest(readingFrom: path)
      return Baseline(batch: manifest.batch, rows: manifest.recordCount, columns: manifest.profile ?? [:])
    case .previous: return try previous(to: batch, modelVersion, table)
    }
  }

  private static func previous(to batch: Batch, _ modelVersion: String, _ table: DeltaTable) throws -> Baseline? {
    guard let latest = try table.latestVersion() else { return nil }
    for version in stride(from: latest, through: max(0, latest - commitsToSearch), by: -1) {
      guard let info = try? table.commitInfo(of: version)?.members,
        info["modelVersion"]?.text == modelVersion, let name = info["batch"]?.text, name != batch.name,
        let profile = info["profile"]
      else { continue }
      let columns = try JSONDecoder().decode([String: ColumnProfile].self, from: Data(profile.canonicalText.utf8))
      let rows = info["operationMetrics"]?["numOutputRows"]?.text.flatMap { Int($0) } ?? 0
      return Baseline(batch: name, rows: rows, columns: columns)
    }
    return nil
  }

  /// The ranges of the histograms, so that they can be compared.
  var ranges: [String: ClosedRange<Double>] {
    columns.compactMapValues { $0.histogram.map { $0.lower...$0.upper } }
  }
}
