import WorkflowCore

/// Says which steps failed, and shows the end of what each printed; of a step that was retried, its last attempt.
func printFailures(of run: RunState, attemptsRoot: String) {
  printError("")
  for (node, attempts) in lastFailures(of: run) {
    let count = attempts > 1 ? " (the last of \(attempts) attempts)" : ""
    printError("\(node.displayName): \(node.phase.rawValue): \(node.message ?? "")\(count)")
    for line in AttemptLog(of: node, in: run, under: attemptsRoot).lines(tail: 10) { printError("    \(line)") }
  }
  printError("'orchestrate logs \(run.name)' has the rest")
}

/// Steps that failed for good, each with how often it was tried.
private func lastFailures(of run: RunState) -> [(node: Node, attempts: Int)] {
  var attempts: [NodeIndex: Int] = [:]
  for node in run.nodes {
    if let owner = node.owner, run[owner].type == .retry {
      attempts[owner] = max(attempts[owner] ?? 0, node.member + 1)
    }
  }
  return run.nodes.compactMap { node in
    guard node.type.isLeaf, node.phase.isFailure, isOfLastAttempt(node, attempts, run) else { return nil }
    return (node, node.owner.flatMap { attempts[$0] } ?? 1)
  }
}

/// Whether neither the node nor anything it is a part of was tried again.
private func isOfLastAttempt(_ node: Node, _ attempts: [NodeIndex: Int], _ run: RunState) -> Bool {
  var node = node
  while let owner = node.owner {
    if let count = attempts[owner], node.member + 1 < count { return false }
    node = run[owner]
  }
  return true
}
