/**
 * Rule sets of the web application firewall, as the command line sees them: {@link
 * io.weir.app.rules.RulesCommand} lists, installs and tests them. {@link
 * io.weir.app.rules.Installer} brings a release into the {@link io.weir.app.rules.RuleStore}, with
 * {@link io.weir.app.rules.Archive} as the gate.
 */
@NullMarked
package io.weir.app.rules;

import org.jspecify.annotations.NullMarked;
