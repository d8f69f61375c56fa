import Foundation
import Synchronization
import WorkflowCore
import WorkflowEngine

/// Shows a run while it goes.
protocol RunDisplay: TurnObserver {
  /// Leaves the screen in its final state.
  func close()
}

extension RunDisplay {
  func runLeftOut(_ uid: String, reason: String) { printError("warning: run \(uid) is left as it is: \(reason)") }
}

/// A live tree on a terminal, plain lines elsewhere. `uid` is the run to show; nil shows every one.
func makeDisplay(of uid: String?) -> any RunDisplay {
  isatty(STDERR_FILENO) == 1 && uid != nil ? LiveDisplay(of: uid) : LineDisplay()
}

/// One line for each change of phase: for logs and for other programs.
final class LineDisplay: RunDisplay {
  private let seen = Mutex<[String: NodePhase]>([:])

  func turnCommitted(_ run: borrowing RunState, changed: [NodeIndex]) {
    for index in changed {
      let node = run[index]
      guard node.type != .stepGroup, isNew(node, run.uid) else { continue }
      var parts = [run.name, node.displayName, node.phase.rawValue]
      if let end = node.finishedAt { parts.append(duration(end.milliseconds(since: node.startedAt))) }
      if let progress = node.progress { parts.append("\(progress.done)/\(progress.total) rows") }
      if let message = node.message { parts.append(message) }
      printError(parts.joined(separator: "  "))
    }
  }

  private func isNew(_ node: Node, _ uid: String) -> Bool {
    seen.withLock { seen in seen.updateValue(node.phase, forKey: uid + node.id) != node.phase }
  }

  func close() {}
}

/// Redraws a tree in place, a few times a second while something changes.
final class LiveDisplay: RunDisplay {
  private struct Screen {
    var name = ""
    var phase = RunPhase.pending
    var message: String?
    var nodes: [NodeView] = []
    /// Lines on the screen that the next drawing replaces.
    var drawn = 0
    var isClosed = false
  }

  private let uid: String?
  private let screen = Mutex(Screen())
  private let style = Style.forStandardError

  init(of uid: String?) {
    self.uid = uid
    Thread.detachNewThread { [self] in
      while redraw(isLast: false) { Thread.sleep(forTimeInterval: 0.1) }
    }
  }

  func turnCommitted(_ run: borrowing RunState, changed: [NodeIndex]) {
    guard uid == nil || run.uid == uid else { return }
    let (name, phase, message) = (run.name, run.phase, run.message)
    let views = changed.map { NodeView(run[$0]) }
    screen.withLock { screen in
      (screen.name, screen.phase, screen.message) = (name, phase, message)
      for view in views {
        let position = Int(view.index.value)
        if position < screen.nodes.count { screen.nodes[position] = view } else { screen.nodes.append(view) }
      }
    }
  }

  func close() {
    _ = redraw(isLast: true)
    screen.withLock { $0.isClosed = true }
  }

  private func redraw(isLast: Bool) -> Bool {
    screen.withLock { screen in
      guard !screen.isClosed else { return false }
      guard !screen.nodes.isEmpty else { return true }
      let report = RunReport(
        name: screen.name, phase: screen.phase, message: screen.message, nodes: screen.nodes, now: SystemTime().now)
      let size = TerminalSize.ofStandardError
      let lines = report.text(style: style).components(separatedBy: "\n")
      let shown = isLast ? lines : fitted(lines, rows: size.rows)
      let text = shown.map { cut($0, to: size.columns) + "\u{1B}[K\n" }.joined()
      let back = screen.drawn > 0 ? "\u{1B}[\(screen.drawn)A" : ""
      FileHandle.standardError.write(Data((back + text + "\u{1B}[J").utf8))
      screen.drawn = shown.count
      return true
    }
  }

  /// Where the tree is longer than the screen, what has ended well gives way first.
  private func fitted(_ lines: [String], rows: Int) -> [String] {
    guard lines.count >= rows else { return lines }
    let open = lines.filter { !$0.contains("✔") }
    let shown = Array(open.prefix(max(rows - 2, 1)))
    return shown + ["… \(lines.count - shown.count) more"]
  }
}

/// Cuts a line to a width, not counting colour codes.
func cut(_ line: String, to width: Int) -> String {
  var visible = 0
  var isCode = false
  var result = ""
  for character in line {
    if character == "\u{1B}" { isCode = true }
    if !isCode { visible += 1 }
    if visible > width { return result + (line.contains("\u{1B}") ? "\u{1B}[0m" : "") }
    result.append(character)
    if isCode, character.isLetter { isCode = false }
  }
  return result
}

struct TerminalSize {
  let columns: Int
  let rows: Int

  static var ofStandardError: TerminalSize {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return TerminalSize(columns: 120, rows: 50)
    }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}
