import Foundation
import Testing
import WorkflowCore

@testable import KubernetesExecution

@Suite("Retries on other nodes")
struct FormerNodesTests {
  private func launch(avoiding: Bool) -> Launch {
    var launch = Launch.pod()
    let template: Value = avoiding ? .object([PodFields.avoidsFormerNodes: true]) : .object([:])
    launch.pod = PodRequest(template: template)
    return launch
  }

  @Test("the nodes of earlier attempts are remembered once each, for the strategy that asks for it")
  func remembered() throws {
    let folder = try TemporaryDirectory()
    #expect(FormerNodes(of: launch(avoiding: false), under: folder.path) == nil)
    let nodes = try #require(FormerNodes(of: launch(avoiding: true), under: folder.path))
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/\(launch(avoiding: true).attempt.run)", withIntermediateDirectories: true)
    for name in ["a", "b", "a"] { nodes.add(name) }
    #expect(nodes.names == ["a", "b"])
  }

  @Test("every term of the pod's node affinity leaves them out, and what the launch is stays the same")
  func affinity() throws {
    let builder = PodBuilder(launch: launch(avoiding: true), helper: "helper", replacement: 0, avoided: ["a", "b"])
    let pod = try builder.pod()
    let terms = pod[["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]]
    #expect(
      terms?.jsonText() == """
        {"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["a"]},\
        {"key":"metadata.name","operator":"NotIn","values":["b"]}]}]}
        """)
    let other = try PodBuilder(launch: launch(avoiding: true), helper: "helper", replacement: 0).pod()
    #expect(other[["metadata", "annotations", PodMarks.launch]] == pod[["metadata", "annotations", PodMarks.launch]])
  }
}
