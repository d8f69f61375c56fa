import Foundation
import RunFiles

/// How long a batch took, from its receipts.
struct BatchTimings: Equatable, Codable, Sendable {
  /// When the first shard started, RFC 3339.
  var startedAt: String
  /// When the last shard finished.
  var finishedAt: String
  /// From the one to the other: what instances are paid for. At least as long as the longest shard, whose own clock
  /// counts fractions of a second.
  var wallSeconds: Double
  /// Of all shards.
  var cpuSeconds: Double
  /// Rows written over wall-clock seconds; nil when no time passed.
  var rowsPerSecond: Double?
  /// From the start of the merge to its commit.
  var mergeSeconds: Double

  enum CodingKeys: String, CodingKey {
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case wallSeconds = "wall_seconds"
    case cpuSeconds = "cpu_seconds"
    case rowsPerSecond = "rows_per_second"
    case mergeSeconds = "merge_seconds"
  }

  /// - Throws: `malformed` when a receipt's time is none.
  init(_ receipts: [Receipt], mergeSeconds: Double) throws(RunFileError) {
    let starts = try receipts.map { (receipt) throws(RunFileError) in try Self.moment(receipt.startedAt, receipt) }
    let ends = try receipts.map { (receipt) throws(RunFileError) in try Self.moment(receipt.finishedAt, receipt) }
    let first = starts.min { $0.date < $1.date }
    let last = ends.max { $0.date < $1.date }
    startedAt = first?.text ?? ""
    finishedAt = last?.text ?? ""
    let wall = last.flatMap { last in first.map { last.date.timeIntervalSince($0.date) } } ?? 0
    let rows = receipts.reduce(0) { $0 + $1.rowsOut }
    let longest = receipts.map(\.seconds.total).max() ?? 0
    wallSeconds = (max(wall, longest) * 1000).rounded() / 1000
    cpuSeconds = (receipts.reduce(0) { $0 + $1.cpuSeconds } * 1000).rounded() / 1000
    rowsPerSecond = wallSeconds > 0 ? (Double(rows) / wallSeconds * 10).rounded() / 10 : nil
    self.mergeSeconds = mergeSeconds
  }

  /// From a shard's first start to its end.
  static func seconds(of receipt: Receipt) throws(RunFileError) -> Double {
    try moment(receipt.finishedAt, receipt).date.timeIntervalSince(try moment(receipt.startedAt, receipt).date)
  }

  private static func moment(
    _ text: String, _ receipt: Receipt
  ) throws(RunFileError) -> (text: String, date: Date) {
    let date =
      (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
      ?? (try? Date(text, strategy: Date.ISO8601FormatStyle()))
    guard let date else {
      throw .malformed(path: "receipt of shard \(receipt.shard)", reason: "`\(text)` is no RFC 3339 time")
    }
    return (text, date)
  }
}
