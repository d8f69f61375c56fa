import Foundation

/// Keeps a file with the figures, for the textfile collector of Prometheus' node exporter.
final class MetricsFile: @unchecked Sendable {
  // Sendable: guarded by `lock`.

  private let lock = NSLock()
  private let path: String
  private let metrics: ShardMetrics
  private let timer: any DispatchSourceTimer

  /// Writes the file now and every `interval` seconds, until `close`.
  init(_ path: String, _ metrics: ShardMetrics, interval: Double = 5) {
    self.path = path
    self.metrics = metrics
    timer = DispatchSource.makeTimerSource(queue: .global())
    timer.setEventHandler { [weak self] in self?.write() }
    timer.schedule(deadline: .now(), repeating: interval)
    timer.resume()
  }

  /// Writes the file for the last time.
  func close() {
    timer.cancel()
    write()
  }

  private func write() {
    lock.withLock {
      // A collector must not find half a file. What cannot be written must not end the shard.
      try? Data(metrics.page.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }
}
