import Testing
import WorkflowSpec

@Suite("Dependencies between tasks")
struct DependencyDiagnosticTests {
  @Test("A task waits only for tasks of its dag")
  func unknown() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            dag:
              target: prepare merge-al
              tasks:
                - {name: prepare, template: leaf}
                - {name: infer, template: leaf, dependencies: [prepar]}
                - {name: merge-all, template: leaf, dependencies: [prepare, infer]}
          - name: leaf
            container: {image: busybox}
        """,
      gives: """
        w.yaml:9:17: error: 'merge-al' is not a task of this dag
                target: prepare merge-al
                        ^
        hint: did you mean 'merge-all'?
        w.yaml:12:58: error: 'prepar' is not a task of this dag
                  - {name: infer, template: leaf, dependencies: [prepar]}
                                                                 ^
        hint: did you mean 'prepare'?
        """)
  }

  @Test("What is wrong with a depends expression is shown at its place")
  func depends() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            dag:
              tasks:
                - {name: a, template: leaf}
                - {name: b, template: leaf, depends: a.Suceeded}
                - {name: c, template: leaf, depends: "a && (b || x.Failed)"}
                - {name: d, template: leaf, depends: a &}
                - {name: e, template: leaf, depends: a.AnySucceeded, continueOn: {failed: true}}
                - {name: f, template: leaf, dependencies: [a, b]}
                - {name: 2g, template: leaf, depends: a}
          - name: leaf
            container: {image: busybox}
        """,
      gives: """
        w.yaml:11:50: error: in 'depends': unknown condition 'Suceeded'
                  - {name: b, template: leaf, depends: a.Suceeded}
                                                         ^
        hint: one of Succeeded, Failed, Errored, Skipped, Omitted, Daemoned, AnySucceeded, AllFailed
        w.yaml:12:60: error: 'x' is not a task of this dag
                  - {name: c, template: leaf, depends: "a && (b || x.Failed)"}
                                                                   ^
        w.yaml:13:50: error: in 'depends': unexpected '&'
                  - {name: d, template: leaf, depends: a &}
                                                         ^
        hint: join the names of tasks with && or ||
        w.yaml:14:48: error: 'AnySucceeded' asks about the items of a loop, and task 'a' has none
                  - {name: e, template: leaf, depends: a.AnySucceeded, continueOn: {failed: true}}
                                                       ^
        hint: use Succeeded
        w.yaml:14:76: error: 'continueOn' cannot be used in a dag that uses 'depends'
                  - {name: e, template: leaf, depends: a.AnySucceeded, continueOn: {failed: true}}
                                                                                   ^
        hint: name the outcome where the task is awaited: e.Failed or .Errored
        w.yaml:15:53: error: 'dependencies' cannot be used in a dag that uses 'depends'
                  - {name: f, template: leaf, dependencies: [a, b]}
                                                            ^
        hint: write depends: "a && b"
        w.yaml:16:20: error: the task '2g' begins with a digit, which 'depends' and 'dependencies' do not allow
                  - {name: 2g, template: leaf, depends: a}
                           ^
        """)
  }

  @Test("Each cycle of a dag is shown once")
  func cycles() {
    expect(
      spec: """
        entrypoint: main
        templates:
          - name: main
            dag:
              tasks:
                - {name: a, template: leaf, dependencies: [c]}
                - {name: b, template: leaf, dependencies: [a]}
                - {name: c, template: leaf, dependencies: [b]}
                - {name: d, template: leaf, dependencies: [d, a]}
          - name: leaf
            container: {image: busybox}
        """,
      gives: """
        w.yaml:10:53: error: these tasks wait for each other: a -> c -> b -> a
                  - {name: a, template: leaf, dependencies: [c]}
                                                            ^
        w.yaml:13:53: error: the task 'd' waits for itself
                  - {name: d, template: leaf, dependencies: [d, a]}
                                                            ^
        """)
  }
}
