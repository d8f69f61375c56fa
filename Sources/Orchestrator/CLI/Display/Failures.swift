import WorkflowCore

/// Says which steps failed, and shows the end of what each printed.
func printFailures(of run: RunState, attemptsRoot: String) {
  printError("")
  for node in run.nodes where node.type.isLeaf && node.phase.isFailure {
    printError("\(node.displayName): \(node.phase.rawValue): \(node.message ?? "")")
    for line in AttemptLog(of: node, in: run, under: attemptsRoot).lines(tail: 10) { printError("    \(line)") }
  }
  printError("'orchestrate logs \(run.name)' has the rest")
}
