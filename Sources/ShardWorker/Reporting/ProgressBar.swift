import Foundation

/// Shows how far a shard is, on a terminal.
final class ProgressBar {
  private static let cells = 24
  private static let interval = 0.2

  private let timer: any DispatchSourceTimer

  /// Nil when standard error is no terminal, or messages are JSON.
  init?(shard: Int, _ metrics: ShardMetrics) {
    guard isatty(STDERR_FILENO) == 1, Log.format == .text else { return nil }
    timer = DispatchSource.makeTimerSource(queue: .global())
    timer.setEventHandler { Log.show(bar: Self.line(shard: shard, metrics.progress)) }
    timer.schedule(deadline: .now(), repeating: Self.interval)
    timer.resume()
  }

  /// Takes the bar away.
  func close() {
    timer.cancel()
    Log.show(bar: "")
  }

  /// Such as `shard 3  ━━━━━━━━────  45 %  1.2 M rows/s  0:12 left`.
  static func line(shard: Int, _ progress: ShardMetrics.Progress) -> String {
    let share = progress.total > 0 ? Double(progress.done) / Double(progress.total) : 0
    let full = Int(share * Double(cells))
    let bar = String(repeating: "━", count: full) + String(repeating: "─", count: cells - full)
    var line = "shard \(shard)  \(bar) \(Int(share * 100)) %"
    guard progress.rowsPerSecond > 0 else { return line }
    line += "  \(rate(progress.rowsPerSecond)) rows/s"
    let seconds = Int((Double(progress.total - progress.done) / progress.rowsPerSecond).rounded(.up))
    return line + "  \(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60) left"
  }

  private static func rate(_ rows: Double) -> String {
    for (limit, unit) in [(1e6, " M"), (1e3, " k")] where rows >= limit {
      return (rows / limit).formatted(.number.precision(.significantDigits(2...3)).grouping(.never)) + unit
    }
    return String(Int(rows))
  }
}
