import Foundation
import WorkflowCore

/// Colours where a terminal shows them.
struct Style: Sendable {
  let hasColour: Bool

  static var forStandardOutput: Style { Style(hasColour: allowsColour(STDOUT_FILENO)) }
  static var forStandardError: Style { Style(hasColour: allowsColour(STDERR_FILENO)) }

  /// https://no-color.org
  private static func allowsColour(_ descriptor: Int32) -> Bool {
    isatty(descriptor) == 1 && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  }

  func mark(_ phase: NodePhase) -> String {
    switch phase {
    case .pending: coloured("◷", 33)
    case .running: coloured("●", 36)
    case .succeeded: coloured("✔", 32)
    case .skipped, .omitted: coloured("○", 90)
    case .failed: coloured("✖", 31)
    case .error: coloured("⚠", 31)
    }
  }

  func faint(_ text: String) -> String { coloured(text, 90) }

  private func coloured(_ text: String, _ code: Int) -> String {
    hasColour && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
