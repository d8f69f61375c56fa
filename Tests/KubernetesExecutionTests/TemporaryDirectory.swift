import Foundation

/// A directory that goes with the test that made it.
final class TemporaryDirectory: Sendable {
  let path: String

  init(under parent: String = FileManager.default.temporaryDirectory.path, named suffix: String = "") throws {
    path = "\(parent)/orchestrate-\(UUID().uuidString)\(suffix)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
  }
}
