// Runs one OpenSearch node: java Main.java HOME HTTP_PORT TRANSPORT_PORT
import org.codelibs.opensearch.runner.OpenSearchRunner;

public class Main {
    public static void main(String[] arguments) throws Exception {
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("discovery.type", "single-node");
            settings.put("network.host", "127.0.0.1");
            settings.put("http.port", arguments[1]);
            settings.put("transport.port", arguments[2]);
            settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        runner.build(OpenSearchRunner.newConfigs().basePath(arguments[0]).clusterName("insights-test-" + arguments[1]).numOfNode(1));
        Thread.currentThread().join();
    }
}
