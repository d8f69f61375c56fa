import Foundation

/// A directory that goes with the test that made it.
final class TemporaryDirectory: Sendable {
  let root: String

  init() {
    root = NSTemporaryDirectory() + "/run-files-" + UUID().uuidString
    try? FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }

  func path(_ name: String) -> String {
    "\(root)/\(name)"
  }

  /// The names of all that is in it.
  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: root).sorted()) ?? []
  }
}
