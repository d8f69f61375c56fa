import ArgumentParser
import ArtifactStorage
import Foundation
import StateFile
import WorkflowCore

/// `orchestrate cp`: copies what a run left as artifacts.
struct CopyArtifacts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cp",
    abstract: "Copy the output artifacts of a run to a folder.",
    discussion: """
      EXAMPLES
        orchestrate cp @latest out/
        orchestrate cp @latest out/ --artifact-name report
        orchestrate cp @latest out/ --template-name merge --path '{nodeId}/{artifactName}'

      Artifacts are copied as they are kept: an archive stays one.
      """)

  @Argument(help: "The run's name, or @latest.")
  var name: String

  @Argument(help: "The folder to copy to.")
  var folder: String

  @Option(help: "Only artifacts of this name.")
  var artifactName: String?

  @Option(help: "Only artifacts of the node with this ID.")
  var nodeId: String?

  @Option(help: "Only artifacts of this template.")
  var templateName: String?

  @Option(
    help:
      "Where below the folder; {namespace}, {workflowName}, {nodeId}, {templateName} and {artifactName} stand for what they say."
  )
  var path = "{namespace}/{workflowName}/{nodeId}/outputs/{artifactName}"

  @OptionGroup var state: StateOptions
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let file = try state.open()
    let run = try state.run(named: name, in: file)
    let settings = try Configuration.read(machine.config, besideStateFile: file.path)
    let repository = settings.repository(for: file, attemptsRoot: state.attemptsRoot)
    var copied = 0
    for node in run.nodes where node.type.isLeaf && isWanted(node) {
      for artifact in node.outputs?.artifacts ?? [] where artifactName.map({ $0 == artifact.name }) ?? true {
        try copy(artifact, of: node, run, repository)
        copied += 1
      }
    }
    guard copied > 0 else { throw fail("'\(run.name)' has no such artifacts", ExitStatus.noInput) }
  }

  private func isWanted(_ node: Node) -> Bool {
    (nodeId.map { $0 == node.id } ?? true) && (templateName.map { $0 == node.templateName } ?? true)
  }

  private func copy(_ artifact: ArtifactValue, of node: Node, _ run: RunState, _ repository: ArtifactRepository) throws
  {
    var place = path
    for (tag, value) in [
      ("{namespace}", run.namespace), ("{workflowName}", run.name), ("{nodeId}", node.id),
      ("{templateName}", node.templateName ?? ""), ("{artifactName}", artifact.name),
    ] { place = place.replacing(tag, with: value) }
    let key = artifact.location["s3"]?["key"]?.stringValue ?? artifact.name
    let last = key.split(separator: "/").last.map(String.init) ?? artifact.name
    let target = URL(fileURLWithPath: folder).appendingPathComponent(place).path
    try reportingFailure {
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      _ = try repository.fetchRaw(artifact.location, run.namespace, to: "\(target)/\(last)")
    }
    print("\(node.displayName): \(artifact.name) -> \(target)/\(last)")
  }
}
