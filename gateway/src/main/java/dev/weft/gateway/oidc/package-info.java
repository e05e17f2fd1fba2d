/** Tokens of an OpenID provider in the place of keys: whether they are valid, and what their claims allow. Off unless an issuer is configured. */
@NullMarked
package dev.weft.gateway.oidc;

import org.jspecify.annotations.NullMarked;
